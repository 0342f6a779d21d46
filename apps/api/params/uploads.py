"""The kind of a parameter that is a file."""

from typing import Any

from apps.api.params.kinds import InvalidParameter, Param, Schema
from apps.api.uploads import Upload


class FileUpload(Param):
    """A file, sent as a part of a `multipart/form-data` body."""

    kind = "file"

    def convert(self, value: Any, path: str) -> Upload:
        if not isinstance(value, Upload):
            raise InvalidParameter(
                f"{path} must be a file, sent as multipart/form-data.",
                code="parameter_invalid_file",
                param=path,
            )
        return value

    def describe(self) -> Schema:
        return {"type": "string", "format": "binary"}
