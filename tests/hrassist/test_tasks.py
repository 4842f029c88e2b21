from hrassist.lib import throttle
from hrassist.tasks import sweep_throttle
from tests.hrassist.lib.test_throttle import take, wind_back


def test_counters_that_ran_out_are_swept(db):
    take()
    wind_back(60)
    sweep_throttle(timestamp=0)
    assert throttle.sweep() == 0
