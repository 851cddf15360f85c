from __future__ import annotations

from portal.sandbox.codes import code_lists, hcpcs_file, icd10cm_file


def test_files_have_the_official_columns():
    listed = {(entry.system, entry.code): entry.description for entry in code_lists()}
    diagnoses = icd10cm_file().decode("ascii").splitlines()
    assert {("icd10cm", line[6:13].strip()): line[77:] for line in diagnoses} == {
        key: text for key, text in listed.items() if key[0] == "icd10cm"
    }
    assert all(line[14] == "1" and line[16:76].strip() == line[77:] for line in diagnoses)
    services = hcpcs_file().decode("ascii").splitlines()
    assert {("hcpcs", line[:5]): line[11:91].strip() for line in services} == {
        key: text for key, text in listed.items() if key[0] == "hcpcs"
    }
    assert all(len(line) == 320 and line[10] == "3" for line in services)
