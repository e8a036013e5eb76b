"""The way of an uploaded file (上传): through memory only, within bounds."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class BoundedMemoryUploadHandler(FileUploadHandler):
    """Keep each file in memory, and of a file over MAX_FILE_BYTES nothing but its size.

    The form that receives an oversized file sees its true size and an empty content, and can say so at the field.
    A request over MAX_REQUEST_BYTES is refused as a whole, before its body is read (400).
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse a body that is too long by its own account."""
        if content_length > settings.MAX_REQUEST_BYTES:
            raise RequestDataTooBig("The request's files together are over MAX_REQUEST_BYTES.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin one file."""
        super().new_file(*args, **kwargs)
        self.file = BytesIO()
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece, or drop all pieces once the file is over the limit."""
        self.received += len(raw_data)
        if self.received > settings.MAX_FILE_BYTES:
            self.file = BytesIO()
        else:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Hand the file over."""
        self.file.seek(0)
        return InMemoryUploadedFile(
            file=self.file,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=self.received,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
