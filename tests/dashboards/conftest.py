"""Each committed dashboard in turn."""

import pytest
from committed import DASHBOARDS


@pytest.fixture(params=DASHBOARDS.values(), ids=DASHBOARDS.keys())
def dashboard(request):
    return request.param
