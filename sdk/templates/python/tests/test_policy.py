import unittest

from maple.testing import ask, complaints, offers
from policy import ManyWorkers


class TestManyWorkers(unittest.TestCase):
    def test_from_ten_people_on_the_county_is_offered(self) -> None:
        for people, offered in [(9, []), (10, ["labour_mediation/county"])]:
            findings = ask(ManyWorkers, {"people-min": 10}, "labour.wage", {"people": people})
            self.assertEqual(offers(findings), offered, f"{people} people")

    def test_every_mistake_in_the_settings_is_told_at_once(self) -> None:
        self.assertEqual(
            complaints(ManyWorkers, {"people-min": 0, "people": 5}),
            [
                "people-min: `people-min` must be a whole number from 1 to 10000, not `0`",
                "people: `people` is not a setting here",
            ],
        )
