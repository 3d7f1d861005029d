"""Checks as they are made: what was checked, where, and whether it was right."""

from dataclasses import dataclass, field


def shown(value):
    return value.hex() if isinstance(value, bytes) else str(value)


@dataclass(frozen=True)
class Finding:
    right: bool
    where: str
    says: str
    detail: str

    def line(self, verbose):
        detail = f": {self.detail}" if self.detail and (verbose or not self.right) else ""
        return f"{'right' if self.right else 'WRONG'}  {self.where}: {self.says}{detail}"


@dataclass
class Findings:
    all: list = field(default_factory=list)

    def check(self, where, says, right, detail=""):
        self.all.append(Finding(bool(right), where, says, detail))
        return right

    def equal(self, where, says, is_, wanted):
        """is_: what the air or a host says; wanted: what was computed."""
        right = is_ == wanted
        return self.check(where, says, right, shown(is_) if right else f"{shown(is_)}, not {shown(wanted)}")

    @property
    def wrong(self):
        return [finding for finding in self.all if not finding.right]
