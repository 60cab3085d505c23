"""What we call people and things: the one place where a text of an order is not printed as it came.

A description loses stray spaces, and its capitals where the shop shouts. A customer is greeted by the first word of
the name where that is plainly a given name; where it may be a title, a company, a couple or a family name, without.
"""

import re
import unicodedata

SPACES = re.compile(r"[ \t\r\n\f\v]+")
UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")  # not those of private use: they show something, and nobody knows what
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SHOUTING_LETTERS = 4
ACRONYMS = frozenset(
    (
        *("BBQ", "CD", "DIY", "DVD", "EU", "FM", "LCD", "LED", "MDF", "PVC", "TV", "UK", "USA", "USB", "UV", "VIP"),
        *("VW", "WC", "XL", "XS", "XXL", "XXS"),
    )
)
TITLES = frozenset(
    (
        *("dame", "dr", "doctor", "fr", "lady", "lord", "miss", "mister", "mr", "mrs", "ms", "mx", "prof", "professor"),
        *("rev", "sir", "docteur", "m", "madame", "mademoiselle", "maître", "me", "mlle", "mme", "monsieur"),
        *("professeur", "dipl", "doktor", "frau", "fräulein", "herr", "herrn", "hr", "ing", "mag"),
        *("dhr", "mevr", "mevrouw", "dott", "sig", "signor", "signora", "doña", "sr", "sra"),
    )
)
NO_PERSON = frozenset(
    (
        *("&", "+", "and", "et", "und", "family", "famille", "familie", "the", "guest", "gast", "invité", "unknown"),
        *(
            "customer",
            "client",
            "kunde",
            "company",
            "firma",
            "société",
            "association",
            "verein",
            "co",
            "inc",
            "limited",
        ),
        *("llc", "llp", "ltd", "plc", "sa", "sarl", "sas", "ag", "gbr", "gmbh", "kg", "ohg", "ug"),
    )
)
FAMILY_NAME_FIRST = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
INSIDE_NAMES = "-'’"


def mended_description(description: str) -> str:
    """The description with single spaces, and in sentence case where it shouts; empty where it shows nothing."""
    text = SPACES.sub(" ", description).strip()
    if all(unicodedata.category(character) in UNSEEN for character in text):
        return ""
    if not text.isupper() or sum(map(str.isalpha, text)) < SHOUTING_LETTERS:
        return text
    quiet = WORD.sub(_quiet_word, text)
    first = WORD.search(quiet)
    start = first.start() if first else 0
    return quiet[:start] + quiet[start].title() + quiet[start + 1 :]


def _quiet_word(word: re.Match[str]) -> str:
    text = word[0]
    if text == "A" and word.string[word.start() - 1 :][:3] == " A ":
        return "a"  # bake a cake; but VITAMIN A stays
    if len(text) == 1 or text in ACRONYMS or any(map(str.isdigit, text)):
        return text
    return _lowered(text)


def _lowered(text: str) -> str:
    """In small letters; unless that takes more characters: İ becomes i and a loose dot, which few fonts have."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


def given_name(full_name: str) -> str:
    """The first word of a name where it is plainly a given name, else empty. SILKE and silke become Silke."""
    words = full_name.split()
    bare = [word.strip(".,").lower() for word in words]
    if not words or bare[0] in TITLES or not NO_PERSON.isdisjoint(bare):
        return ""
    name = words[0]
    if not _is_spelt_like_a_given_name(name):
        return ""
    if name.isupper() or name.islower():
        return re.sub(r"[^\W_]+", lambda part: part[0][0].title() + _lowered(part[0][1:]), name)
    return name


def _is_spelt_like_a_given_name(name: str) -> bool:
    letters = [character for character in name if unicodedata.category(character)[0] in "LM"]
    others = [character for character in name if character not in letters]
    return (
        2 <= len(letters) <= 30
        and all(character in INSIDE_NAMES for character in others)
        and name[0].isalpha()
        and name[-1] not in INSIDE_NAMES
        and not (name.isupper() and len(letters) == 2)  # JP are initials, Jo is a name
        and not any(unicodedata.name(letter, "").startswith(FAMILY_NAME_FIRST) for letter in letters)
    )
