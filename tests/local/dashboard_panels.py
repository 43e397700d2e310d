"""The committed dashboards, and their panels on a gateway's stores."""

import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "dashboards" / "json"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
TRACES = "https://traces.example.com/project/stargate"


def panel_of(uid, title):
    return next(one for one in DASHBOARDS[uid]["panels"] if one["title"] == title and "targets" in one)


class Panels:
    """What panels show of a gateway's stores, with the variables as somebody would choose them."""

    def __init__(self, stores):
        self.stores = stores

    def chosen(self, uid):
        """Everything, unless a test chooses otherwise."""
        return self.stores.variables(DASHBOARDS[uid], self.over)

    def shown(self, uid, title, **chosen):
        """The answer to a panel's first query."""
        return self.stores.answer(panel_of(uid, title)["targets"][0], self.chosen(uid) | chosen, self.over)

    def value(self, uid, title, **chosen):
        """A number that SQL asks for."""
        return self.shown(uid, title, **chosen).rows[0][0]

    def table(self, uid, title, **chosen):
        """A table's rows, by the names of their columns."""
        found = self.shown(uid, title, **chosen)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]
