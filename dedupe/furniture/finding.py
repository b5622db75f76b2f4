"""The search without furniture: passages are found, taken out, and pairs are found again."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.linkage import cluster_pairs
from dedupe.furniture.counting import count_windows
from dedupe.furniture.cutting import Cut, cut_furniture
from dedupe.furniture.forms import find_forms
from dedupe.furniture.sites import site_keys
from dedupe.furniture.windows import WindowSet, WindowShape
from dedupe.matching.collapse import Collapsed
from dedupe.matching.matches import Matches
from dedupe.matching.search import LeadShingles, match_sketches
from dedupe.model.settings import MatchSettings
from dedupe.store.arrays import sort_distinct
from dedupe.store.resources import Resources
from dedupe.store.sketches import Sketches


class FurnitureMatches(msgspec.Struct, frozen=True):
    """What a search without furniture found.

    :param with_furniture: the pairs of the documents as they are
    :param without: the pairs of the documents without their furniture
    :param windows: the furniture
    :param sites: the key of each group's site
    :param cut: the documents without furniture, and what was taken out
    """

    with_furniture: Matches
    without: Matches
    windows: WindowSet
    sites: NDArray[np.uint64]
    cut: Cut


def match_without_furniture(
    sketches: Sketches,
    matches: Matches,
    settings: MatchSettings,
    resources: Resources,
    given: WindowSet | None = None,
) -> FurnitureMatches:
    """Find furniture, take it out, and find the pairs of what is left.

    It is found twice: first that of each site, then, among the documents without it, that of the
    whole corpus. Otherwise a story on many sites, which their furniture hides from the first
    search, would count as often as it is printed.

    :param matches: the pairs with furniture
    :param given: furniture that is known already, in place of what would be found
    """
    search = _Search(sketches, matches.collapsed, settings, resources)
    if given is not None:
        return search.finish(matches, given)
    windows, without = WindowSet.empty(), matches
    if search.sites.any():
        windows = search.count(matches, search.sites)
        if len(windows):
            without = search.match(search.cut(windows), matches)
    return search.finish(matches, windows.joined(search.count(without)))


class _Search:
    """The steps of :func:`match_without_furniture`, with the arguments that they share."""

    def __init__(
        self,
        sketches: Sketches,
        collapsed: Collapsed,
        settings: MatchSettings,
        resources: Resources,
    ) -> None:
        self._sketches, self._collapsed = sketches, collapsed
        self._settings, self._resources = settings, resources
        self.sites = site_keys(collapsed)

    def count(self, matches: Matches, sites: NDArray[np.uint64] | None = None) -> WindowSet:
        """The windows that stand in many units.

        A unit is a document, longest first, with its duplicates that are in no unit yet: so a page
        with hardly more than a menu does not join all those that it is like. Where buckets were
        capped, so that not all pairs are known, a unit is a connected component. Of one site each
        document of a form is a unit. (On several sites, a form may be a story around which each
        site has its own text.)
        """
        pairs, count, size = matches.pairs, len(self._collapsed), self._settings.shingle_size
        shingles = LeadShingles(self._sketches.documents, self._collapsed.leads)
        paired = sort_distinct(np.concatenate([pairs.left, pairs.right]))
        if matches.capped_bucket_count:
            ends = pairs.left.astype(np.int32), pairs.right.astype(np.int32)
            units = self._resources.kernels.label_components(count, *ends)
        else:
            order = paired[np.argsort(-shingles.counts(paired), kind="stable")]
            units = cluster_pairs(pairs, order, "star", count)
        if sites is not None:
            degrees = np.bincount(np.concatenate([pairs.left, pairs.right]), minlength=1)
            order = paired[np.argsort(-degrees[paired], kind="stable")]
            stars = cluster_pairs(pairs, order, "star", count)
            for form in find_forms(stars, shingles, size, self._resources):
                groups = np.flatnonzero(stars == form.representative)
                units[groups] = count + groups
        return count_windows(WindowShape.of(size), shingles, units, self._resources, sites)

    def cut(self, windows: WindowSet) -> Cut:
        return cut_furniture(self._sketches, self._collapsed, windows, self.sites, self._resources)

    def finish(self, matches: Matches, windows: WindowSet) -> FurnitureMatches:
        """What is found without these windows."""
        cut = self.cut(windows)
        return FurnitureMatches(matches, self.match(cut, matches), windows, self.sites, cut)

    def match(self, cut: Cut, matches: Matches) -> Matches:
        """The pairs of documents without furniture; those with it where there is none."""
        if not len(cut.groups):
            return matches
        return match_sketches(cut.sketches, self._settings, self._resources)
