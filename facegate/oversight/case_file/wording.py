"""What a lawyer who never saw the system must know to read a case file; fixed sentences."""

from __future__ import annotations

from typing import Final

from facegate.gate.review.exhibit import NOT_SOLE_BASIS

WHAT_IT_IS: Final = (
    (
        "A face search compares one photo (the probe) with every face of a gallery and lists "
        "those that are most alike. The list says who looks alike to a computer model. It does "
        "not say who was in the photo."
    ),
    f"A candidate is a lead, not an identification. {NOT_SOLE_BASIS}",
    (
        "A score says how alike the model finds two photos; higher is more alike. The threshold "
        "is the score from which on somebody is put on the list. It was set so that few different"
        " people reach it, not none."
    ),
    (
        "Each candidate is compared by eye by two people, who do not see each other's finding "
        "before both are recorded. They, too, can be wrong, and they know that the computer "
        "proposed the person."
    ),
)

PROOFS_SHOW: Final = (
    (
        "Each record in this file stands unchanged in the agency's log, at the place stated, in "
        "the state of the log that the log's key has signed."
    ),
    (
        "What the log keeps sealed (names, scores, findings) is what was sealed at the time: "
        "nobody could put another value in its place afterwards."
    ),
    "No byte of this file was changed since it was signed.",
    ("Whoever holds a later signed state of the log can show that it still contains these records."),
)

PROOFS_DO_NOT_SHOW: Final = (
    (
        "That what was recorded was true when it was recorded: a case number, an offense or a "
        "reason is what somebody claimed at the time."
    ),
    (
        "That this file is complete: the agency's own program looked through the log for the case number, "
        "and a search or a record that was left out leaves no trace in the file. Case numbers are sealed, so "
        "an outsider cannot look; a court can order them opened and count."
    ),
    (
        "That what was erased had to be erased: the file shows that the log says of each such record, in the "
        "open, that it was."
    ),
    "That no search was made outside the system, or under another case number.",
    (
        "That the agency shows everybody the same log, unless independent witnesses have signed "
        "its state as well."
    ),
    "Who stood beside the officer, or what was done with a list after it was handed over.",
    (
        "That this cover says what the records say: it is the word of whoever signed the file, and no check "
        "reads it. What is checked are the records, and the copies made of them for reading: request.json, "
        "result.json, findings.json and steps.json, each of which says all of its records and nothing else."
    ),
)

HOW_TO_CHECK: Final = (
    "Keep the zip as it is: unpacked and packed again it can no longer be checked.",
    (
        "Take verify.py from a source you trust (it comes with facegate; the one in this file is "
        "a copy, and whoever changes the file could change the copy). It is one file for Python "
        "3.9 or later and needs nothing else."
    ),
    (
        "Run: python3 verify.py FILE.zip --key KEY, with the key the agency has published. It "
        "prints PASS or FAIL for each check. Whoever trusts other witnesses than the agency's adds "
        "--policy FILE."
    ),
    ("With facegate installed: facegate case check FILE.zip --key KEY does the same with other code."),
)

NOT_IN_IT: Final = (
    (
        "The photos. They are not in the log; ask the agency for the probe of each search (its "
        "SHA-256 is stated) and for the photo of each candidate."
    ),
    (
        "The probe's face template (numbers made from the face). It is sealed in the log and not "
        "opened here, because a person can be searched for by it elsewhere; a court can order it "
        "opened."
    ),
    "Cases of suspected misuse, and searches of any other case.",
)

WITNESSED: Final = (
    "Witnesses have signed the state of the log that this file leads to; witnesses.policy names them. The "
    "agency chose them: whether they are independent of it is for the reader to judge."
)
NOT_WITNESSED: Final = (
    "No independent witness has signed the state of the log that this file leads to: that it is the only log "
    "the agency shows rests on its own word."
)

WORDS: Final = (
    ("probe", "the photo that is searched with"),
    ("gallery", "the photos that are searched, such as license photos"),
    ("candidate", "somebody on the list; a lead, not an identification"),
    ("threshold", "the score from which on somebody is put on the list"),
    (
        "FPIR",
        (
            "false positive identification rate: searches for people who are not in the gallery that "
            "return somebody all the same"
        ),
    ),
    ("FMR", "false match rate: comparisons of two different people that reach the threshold"),
    ("certificate", "a signed statement of measured error rates; without one in force nothing is searched"),
    ("log", "the agency's record of every search; entries are only added, and a change to one is found"),
    (
        "sealed",
        ("kept out of the public log: there stands only a code by which the value can be proved later"),
    ),
    ("record 12", "entry number 12 of the log, counted from 0"),
    ("receipt", "a file (.tlog-proof) that shows that a record is in the log"),
    ("digest, SHA-256", "a fingerprint of data: other data have another one"),
    ("erased", "the sealed content was destroyed on purpose; that there was a record can still be shown"),
)
