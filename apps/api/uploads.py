"""Files in a request: parts of a `multipart/form-data` body."""

import hashlib
from dataclasses import dataclass
from typing import Self

from django.core.files.uploadedfile import UploadedFile

FILENAME_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. It lives as long as the request.

    :ivar filename: what the client calls it, without any folder.
    :ivar sha256: of its bytes, in hex: what makes two uploads the same.
    """

    filename: str
    size_bytes: int
    sha256: str
    content: "UploadedFile[bytes]"

    @classmethod
    def of(cls, file: "UploadedFile[bytes]") -> Self:
        """Return the upload that Django has read out of the body."""
        digest = hashlib.sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        return cls(
            filename=(file.name or "")[:FILENAME_LENGTH_MAX],
            size_bytes=file.size or 0,
            sha256=digest.hexdigest(),
            content=file,
        )

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        self.content.seek(0)
        head: bytes = self.content.read(size)
        self.content.seek(0)
        return head
