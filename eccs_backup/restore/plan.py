"""What a restore is going to do: which messages go out, which are there already, and which labels are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eccs_backup.restore.labels import Labels
from eccs_backup.restore.ledger import Ledger
from eccs_backup.restore.letters import Letter


@dataclass(frozen=True)
class Plan:
    """All messages of the vault, those that are wanted, and those of them that are not there yet; `unsure` are missing
    as far as anybody can tell, `labels` are to be made, of `uncertain` it is found out first whether they arrived."""

    address: str
    every: Sequence[Letter]
    wanted: Sequence[Letter]
    missing: Sequence[Letter]
    unsure: Sequence[Letter]
    labels: Sequence[str]
    uncertain: int

    @property
    def left_out(self) -> int:
        """Messages that the person did not wish for."""
        return len(self.every) - len(self.wanted)

    @property
    def there(self) -> int:
        """Messages that are there already."""
        return len(self.wanted) - len(self.missing)


def plan(
    address: str,
    every: Sequence[Letter],
    wanted: Sequence[Letter],
    unsure: Sequence[Letter],
    ledger: Ledger,
    labels: Labels,
) -> Plan:
    """The plan, once the ledger knows what is there."""
    missing = [each for each in wanted if each.id not in ledger.done]
    return Plan(address, every, wanted, missing, unsure, labels.to_make(missing), len(ledger.uncertain))
