"""`python -m benchmarks.accuracy [--write]`: the bars on unseen seeds; with --write docs/accuracy.md.

Three seeds take some minutes. `--seeds 1 --share 0.1` is a quick look while building.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.accuracy.measured import ROOT, SCHOOL, VIEWS, Counts, count, people
from benchmarks.accuracy.page import document, kinds_macro, summary
from benchmarks.accuracy.thresholds import ladder
from benchmarks.accuracy.veils import Shares
from benchmarks.page import put_page
from school.load import load_school

PAGE: Path = ROOT / "docs" / "accuracy.md"
SCORING_SEEDS = (2101, 2102, 2103)
CURVE = (0.0, 0.25, 0.5, 0.75, 1.0)


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SCORING_SEEDS))
    parser.add_argument("--days", type=int, default=2, help="school days of each seed")
    parser.add_argument("--share", type=float, default=0.25, help="of the spells that are drawn")
    parser.add_argument("--write", action="store_true", help="write docs/accuracy.md")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    views = {name: Counts() for name in VIEWS}
    curve = [(share, Counts()) for share in CURVE]
    for seed in given.seeds:
        drawn = people(seed, days=given.days, share=given.share)
        for name, counts in views.items():
            counts.add(count(drawn, seed, name, Shares()))
        if seed == given.seeds[0]:
            for share, counts in curve:
                counts.add(count(drawn, seed, "names", Shares(unnamed=share)))
        print(f"seed {seed}: {len(drawn):,} slices", file=sys.stderr, flush=True)
    said = summary(views)
    if given.json:
        figures = {name: kinds_macro(counts) for name, counts in views.items()}
        print(json.dumps({"summary": said, "macro_f1_of_behaviours": figures}))
    else:
        print("\n".join(said))
    if given.write:
        steps = ladder(load_school(SCHOOL))
        text = document(views, seeds=given.seeds, days=given.days, curve=curve, steps=steps)
        put_page(PAGE, text)
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
