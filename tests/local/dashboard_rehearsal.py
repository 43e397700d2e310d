"""Traffic of several teams, keys and models, and the panels after it."""

import re
import time
from uuid import uuid4

from conftest import wait_for
from dashboard_panels import TRACES, Panels, panel_of

from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.records import record
from stargate.dashboards.rehearsal.stores import Stores
from stargate.dashboards.rehearsal.traffic import Driver

# Three scrapes, and LiteLLM writes spend every ten seconds; twice that for a busy machine.
SECONDS = 90
# The store hides what is younger (`-search.latencyOffset` in gateway/local/metrics.py).
HIDDEN_SECONDS = 1
REQUESTS = "litellm_proxy_total_requests_metric_total"
TOKENS = "litellm_input_tokens_metric_total"
# What LiteLLM writes by and by, each table by itself.
WRITTEN = """SELECT least(
    (SELECT count(*) FROM "LiteLLM_SpendLogs" WHERE team_id = ANY(%s)),
    (SELECT coalesce(sum(successful_requests), 0) FROM "LiteLLM_DailyTeamSpend" WHERE team_id = ANY(%s)),
    (SELECT coalesce(sum(successful_requests), 0) FROM "LiteLLM_DailyUserSpend" d
       JOIN "LiteLLM_VerificationToken" k ON k.token = d.api_key WHERE k.team_id = ANY(%s)),
    (SELECT coalesce(sum(successful_requests), 0) FROM "LiteLLM_DailyTagSpend" d
       JOIN "LiteLLM_VerificationToken" k ON k.token = d.api_key
       WHERE k.team_id = ANY(%s) AND tag NOT LIKE '%%/%%')
)"""


class Rehearsal(Panels):
    """A gateway after the traffic, and what was sent."""

    def __init__(self, gateway):
        super().__init__(Stores(gateway.state, TRACES))
        self.gateway = gateway
        self.began = time.time()
        self.driver = Driver(gateway.state, f"{uuid4().hex[:8]}-")
        self.driver.people()
        self.driver.round(0)
        self.driver.failures(0)
        # A rate needs two scrapes, and something between them.
        self.counted()
        self.driver.round(1)
        self.counted()
        rows = wait_for(self.written, lambda found: found >= len(self.answered), SECONDS)
        assert rows == len(self.answered), "every table holds every answered request"
        # Rules are evaluated at whole seconds, of which the last but one is sure to be shown.
        time.sleep(HIDDEN_SECONDS + 1)
        record(self.gateway.state, self.over)

    @property
    def teams(self):
        return list(self.driver.traffic.teams)

    @property
    def people(self):
        return sorted({caller.user for caller in self.driver.traffic.callers if caller.user})

    @property
    def sent(self):
        return [one for one in self.driver.traffic.sent if one.caller]

    @property
    def answered(self):
        return [one for one in self.sent if one.status == 200]

    @property
    def over(self):
        return Range(begin=self.began - 60, end=time.time() - HIDDEN_SECONDS)

    def counted(self):
        """Wait until the store has read every request, and what is counted only after the answer: its tokens."""
        for counter, expected in ((REQUESTS, len(self.sent)), (TOKENS, sum(o.usage.prompt for o in self.answered))):
            ours = f'sum({counter}{{team_alias=~"{"|".join(self.teams)}"}})'
            found = wait_for(
                lambda ours=ours: [one.values[0] for one in self.stores.instant(ours, self.over.end).series],
                lambda values, expected=expected: values == [expected],
                SECONDS,
            )
            assert found == [expected], counter

    def written(self):
        teams = list(self.driver.traffic.teams.values())
        return self.gateway.rows(WRITTEN, teams, teams, teams, teams)[0][0]

    def chosen(self, uid):
        """The variables as a person would choose them to see this traffic alone."""
        values = super().chosen(uid)
        return values | {name: ours for name, ours in (("team", self.teams), ("person", self.people)) if name in values}

    def counters(self, uid, title):
        """What a panel's counters stand at, by its legend: its own matchers and labels, without the rate.

        The panels by model have no choice of team: ours is put into their matchers.
        """
        target = panel_of(uid, title)["targets"][0]
        bare = (
            re.sub(r"rate\(([^()]*)\[[^\]]*\]\)", r"\1", target["expr"]).removeprefix("60 * ").removeprefix("3600 * ")
        )
        assert bare != target["expr"]
        if uid == "stargate-models":
            bare = bare.replace('requested_model=~"$model"', f'team_alias=~"{"|".join(self.teams)}"')
        found = self.stores.answer(target | {"expr": bare, "instant": True}, self.chosen(uid), self.over)
        return {one.name: one.values[0] for one in found.series}
