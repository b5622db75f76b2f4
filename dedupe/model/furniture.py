"""What a report says of text that a site or the corpus repeats, and of forms."""

from __future__ import annotations

import msgspec

from dedupe.model.numbers import Count, Share


class FurniturePassage(msgspec.Struct, frozen=True, gc=False):
    """A passage that many documents have which are not duplicates of one another.

    :param id: a document that has it
    :param first_token: the token of this document with which it begins
    :param token_count: its tokens
    :param document_count: documents that have it, about: the median of its parts
    :param unit_count: clusters and single documents that have it, likewise; 0 where it was given
    :param site: the site that repeats it; empty where that is the corpus
    :param text: the passage in the text of the document; empty where that could not be read
    """

    id: str
    first_token: Count
    token_count: Count
    document_count: Count
    unit_count: Count
    site: str = ""
    text: str = ""


class FurnitureMember(msgspec.Struct, frozen=True, gc=False):
    """A member of a cluster, compared with its representative with furniture and without.

    :param shared_count: shingles that both have
    :param furniture_count: those of them that are furniture
    :param document_count: documents that have the most frequent furniture of the member
    :param jaccard: with furniture
    :param own_jaccard: without furniture
    """

    id: str
    representative: str
    shared_count: Count
    furniture_count: Count
    document_count: Count
    jaccard: Share
    own_jaccard: Share


class Furniture(msgspec.Struct, frozen=True):
    """The furniture of a corpus.

    :param passage_count: passages that were found, of which ``passages`` lists the most frequent
    :param document_count: documents that have furniture
    :param token_count: tokens of all documents that are furniture
    :param only_count: documents that have hardly anything else, and are compared with equal ones
        alone
    :param resting_pair_count: pairs of documents with different tokens that are duplicates with
        furniture only
    :param hidden_pair_count: such pairs that are duplicates without furniture only
    :param members: members that share furniture with their representative
    """

    passage_count: Count
    document_count: Count
    token_count: Count
    only_count: Count
    resting_pair_count: Count
    hidden_pair_count: Count
    passages: tuple[FurniturePassage, ...] = ()
    members: tuple[FurnitureMember, ...] = ()


class FormPlace(msgspec.Struct, frozen=True, gc=False):
    """A place of a form: the tokens ``begin:end`` of the representative are its value there.

    :param value_count: different values, among the documents that were compared
    """

    begin: Count
    end: Count
    value_count: Count


class Form(msgspec.Struct, frozen=True, gc=False):
    """A cluster whose documents differ in the same places: the same form with other values.

    :param compared_count: documents of different tokens that were compared, the representative
        among them
    """

    cluster_id: str
    representative: str
    compared_count: Count
    places: tuple[FormPlace, ...]
