"""`seikaku cloud`: one file a verb. Printing happens here; what is done lies in `seikaku.cloud`."""
