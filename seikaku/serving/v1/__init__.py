"""The API's own routes, and JSON Lines in and out as a stream."""
