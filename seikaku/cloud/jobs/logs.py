"""A job's log in CloudWatch, as it grows. In: a job's name. Out: new lines. Effect: reads CloudWatch Logs."""

from collections.abc import Iterator

from seikaku.cloud.account.session import Account

TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"


class LogTail:
    """The lines of a job that were not read before; a job that begins anew after an interruption opens a new stream."""

    def __init__(self, account: Account, job: str) -> None:
        self._logs = account.client("logs")
        self._job = job
        self._tokens: dict[str, str] = {}  # stream -> where to go on

    def read(self) -> list[str]:
        """The new lines, oldest stream first; none while the log does not exist yet."""
        return [line for stream in self._streams() for line in self._read_stream(stream)]

    def last_lines(self, n_lines: int) -> list[str]:
        """The end of the newest stream, whether it was read before or not."""
        streams = self._streams()
        if not streams:
            return []
        events = self._logs.get_log_events(
            logGroupName=TRAINING_GROUP, logStreamName=streams[-1], startFromHead=False, limit=n_lines
        )["events"]
        return [event["message"].rstrip() for event in events]

    def _streams(self) -> list[str]:
        try:
            pages = self._logs.get_paginator("describe_log_streams").paginate(
                logGroupName=TRAINING_GROUP, logStreamNamePrefix=f"{self._job}/"
            )
            found = [stream for page in pages for stream in page["logStreams"]]
        except self._logs.exceptions.ResourceNotFoundException:  # the first job of an account makes the group
            return []
        return [stream["logStreamName"] for stream in sorted(found, key=lambda stream: stream.get("creationTime", 0))]

    def _read_stream(self, stream: str) -> Iterator[str]:
        while True:
            place = {"nextToken": self._tokens[stream]} if stream in self._tokens else {}
            page = self._logs.get_log_events(
                logGroupName=TRAINING_GROUP, logStreamName=stream, startFromHead=True, **place
            )
            yield from (event["message"].rstrip() for event in page["events"])
            is_end = page["nextForwardToken"] == self._tokens.get(stream)
            self._tokens[stream] = page["nextForwardToken"]
            if is_end:
                return
