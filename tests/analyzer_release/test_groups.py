"""Every category fills one group of the saturated line."""

from analyzer.groups import GROUP_OF_CATEGORY
from privacy.gate.tables import GROUPS
from school.words import Category


def test_every_category_has_one_group_and_every_group_a_category():
    assert set(GROUP_OF_CATEGORY) == {category.value for category in Category}
    assert set(GROUP_OF_CATEGORY.values()) == set(GROUPS)
