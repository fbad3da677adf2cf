"""The license authority's records as a file: what dossiers are read from where no system is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.records import SubjectId

RECORDS = "records.json"
"""Name of the file in the folder of an installation that has one."""


class RecordsFile:
    """License records in a JSON file, ``{subject id: {field: text}}``, read one record at a time.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> dict[str, str]:
        """Give exactly these fields of one record; nothing else of the file is handed on.

        Raises
        ------
        InputError
            If the file is no such file, or has no such record or field.
        """
        record = self._whole().get(subject_id)
        if not isinstance(record, dict) or not all(isinstance(record.get(name), str) for name in fields):
            msg = f"{self._path.name} has no record of this candidate with every field asked for"
            raise InputError(msg)
        return {name: record[name] for name in fields}

    def _whole(self) -> dict[str, Any]:
        try:
            held = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"cannot read the records {self._path.name}: {type(error).__name__}"
            raise InputError(msg) from error
        if not isinstance(held, dict):
            msg = (
                f"{self._path.name} is no file of records: wanted one JSON object, a record for each subject"
            )
            raise InputError(msg)
        return held
