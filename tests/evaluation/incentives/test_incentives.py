from decimal import Decimal
from tests.cast import Cast
from tests.journeys.incentives import *
def test_x(cast: Cast) -> None:
    a = best_assessment(cast)
    from evaluation.incentives.queries import standings
    s = published_scheme(cast)
    st = standings(s,[a.contract])[0]
    print(st.grading.grade, st.grading.total, st.social, st.economic, st.faults)
    i = paid_incentive(cast, nominated_incentive(cast, s, a.contract))
    assert i.status == "paid"
