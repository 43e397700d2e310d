"""Plain values that a stack's settings may hold."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Values:
    """A dataclass of plain values that can be read from YAML as it stands: an unknown key is refused.

    A component's structure is decided by such values; a stack's settings hold them unchanged, so that a field, its
    default and its meaning stand once.
    """

    # Read by pydantic, which nothing here imports: no key too many, no empty text, no number beyond all numbers; the
    # docstrings below fields describe them.
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        "extra": "forbid",
        "str_min_length": 1,
        "allow_inf_nan": False,
        "use_attribute_docstrings": True,
    }
