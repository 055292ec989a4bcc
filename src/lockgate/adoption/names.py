"""What a column's name alone suggests."""

import re

IDENTIFIERS = frozenset({"id", "uuid", "guid", "key", "identifier", "rowid", "pk"})
ROW_NUMBERS = frozenset({"index", "row", "rownum", "rownumber", "unnamed", "no", "nr", "sno"})
CODES = frozenset(
    {"zip", "zipcode", "postal", "postalcode", "postcode", "plz", "code", "fips", "sic", "naics",
     "icd", "mcc"}
)  # fmt: skip
BIRTH = frozenset({"birth", "birthdate", "birthday", "dob", "born", "dateofbirth"})
PERSONAL = frozenset(
    {"email", "mail", "phone", "telephone", "mobile", "cellphone", "fax", "address", "street",
     "ssn", "passport", "iban", "surname", "firstname", "lastname", "fullname", "forename",
     "username"}
) | BIRTH  # fmt: skip
PEOPLE = frozenset(
    {"first", "last", "full", "middle", "maiden", "given", "family", "customer", "client", "person",
     "patient", "passenger", "user", "employee", "contact", "owner", "applicant", "borrower",
     "member", "student", "guest"}
)  # fmt: skip
AFTERWARDS = re.compile(
    r"^(cancell?ed|cancell?ation|terminat(ed|ion)|discharged?|resolution|resolved|outcome|refund|"
    r"refunded|recover(y|ies|ed)|settle(d|ment)|chargeback|writeoff|payout)$"
)
PERHAPS_AFTERWARDS = frozenset({"duration", "closed", "final", "actual", "result", "status"})
EARLIER = frozenset(
    {"prev", "previous", "last", "lag", "prior", "past", "old", "before", "avg", "average", "mean",
     "earlier", "initial", "expected", "estimated"}
)  # fmt: skip


def words(name: str) -> tuple[str, ...]:
    """Return a name's words in lower case: ``customerID`` is customer, id."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", parted)
    return tuple(re.findall(r"[^\W\d_]+|\d+", parted.lower()))


def is_identifier(name: str) -> bool:
    """Tell whether the name says that the values tell entities apart."""
    found = words(name)
    return bool(found) and (found[-1] in IDENTIFIERS or found[0] in {"id", "uuid", "guid"})


def is_row_number(name: str) -> bool:
    """Tell whether the name says that the values number the rows."""
    found = words(name)
    return bool(found) and set(found) <= ROW_NUMBERS | IDENTIFIERS | {"number", "0"}


def is_code(name: str) -> bool:
    """Tell whether the name says that digits are a code and no quantity."""
    return bool(CODES & set(words(name)))


def is_birth(name: str) -> bool:
    """Tell whether the name says that a date is a birth date."""
    return bool(BIRTH & set(words(name)))


def is_personal(name: str) -> bool:
    """Tell whether the name says that the values are about a person one could find."""
    found = words(name)
    person = found[-1:] == ("name",) and (len(found) == 1 or bool(PEOPLE & set(found)))
    return person or bool(PERSONAL & set(found))


def contains(name: str, target: str) -> bool:
    """Tell whether the name contains the target's name, and so may be made from it."""
    found, wanted = words(name), words(target)
    places = range(len(found) - len(wanted) + 1)
    return bool(wanted) and any(found[i : i + len(wanted)] == wanted for i in places)


def is_earlier(name: str) -> bool:
    """Tell whether the name says that the value was known before."""
    return bool(EARLIER & set(words(name)))


def known_afterwards(name: str) -> str | None:
    """Return the word of the name that speaks of what comes after the target, if any."""
    return next((word for word in words(name) if AFTERWARDS.match(word)), None)


def perhaps_afterwards(name: str) -> str | None:
    """Return the word of the name that may speak of what comes after the target, if any."""
    return next((word for word in words(name) if word in PERHAPS_AFTERWARDS), None)
