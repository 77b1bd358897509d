"""`muster onboard`: what is proposed for files of many shapes, languages and forms."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from rich.console import Console
from typer.testing import CliRunner

from environment import PROJECT
from environment.errors import MusterError
from ingestion.hr_tables import mapping as mappings
from ingestion.hr_tables import words
from ingestion.hr_tables.mapping import Mapping
from operations.build.inside.company import variables
from operations.cli import app
from operations.onboard.profile import Column, Profile, look_at
from operations.onboard.write import onboard

MOST_WRONG, MOST_UNKNOWN = 0, 1
"""How many fields of a case may be guessed wrongly, and how many may stay open."""


@dataclass(frozen=True)
class Case:
    """Files, and what a person would make of them.

    Attributes:
        files: Text by name.
        shapes: Shape by table.
        fields: By table, `field=column` parted by commas.
        never: Columns that must not be loaded.
        said: Texts that have to be in the mapping.
    """

    files: dict[str, str]
    shapes: dict[str, str]
    fields: dict[str, str]
    never: Sequence[str] = ()
    said: Sequence[str] = field(default_factory=tuple)


def rows(header: str, *lines: str) -> str:
    """A CSV text."""
    return "\n".join([header, *lines]) + "\n"


ENGLISH = Case(
    {
        "HR core_v14.csv": rows(
            "Employee_Name,EmpID,MarriedID,Salary,Termd,Position,State,Zip,DOB,Sex,"
            "MaritalDesc,CitizenDesc,RaceDesc,DateofHire,DateofTermination,TermReason,"
            "EmploymentStatus,Department,ManagerName,ManagerID",
            '"Ash, Ann",501,0,52000,0,Welder,KS,00011,07/10/83,M ,Single,US,White,'
            "7/5/2010,,N/A-StillEmployed,Active,Yard,Mia Gray,502",
            '"Birch, Bob",502,1,91500,1,Analyst,KS,00012,05/05/75,M ,Married,US,Asian,'
            "3/30/2014,6/16/2015,bored,Voluntarily Terminated,Lab,Sam Root,503",
            '"Cedar, Cat",503,1,58250,0,Welder,OH,00013,09/19/88,F,Married,US,White,'
            "7/5/2012,,N/A-StillEmployed,Active,Yard,Mia Gray,502",
            '"Doe, Dan",504,0,77000,0,Leader,KS,00014,09/27/88,F,Single,US,White,'
            "1/7/2009,,N/A-StillEmployed,Active,Yard,Mia Gray,502",
        )
    },
    {"hr_core_v": "list"},
    {
        "hr_core_v": "person_id=EmpID, last_name=Employee_Name, sex=Sex, born_on=DOB,"
        "started_on=DateofHire, ended_on=DateofTermination, exit_reason=TermReason,"
        "is_employed=EmploymentStatus, exit_kind=EmploymentStatus,"
        "department=Department,"
        "designation=Position, manager_id=ManagerID, pay_rate=Salary"
    },
    ("MarriedID", "MaritalDesc", "CitizenDesc", "RaceDesc", "Zip", "ManagerName"),
    ("%m/%d/%y",),
)

GERMAN = Case(
    {
        "Personalbestand.csv": rows(
            "Personalbestand;;;;;;;;;;;",
            "Stichtag 31.12.2025;;;;;;;;;;;",
            "Pers.-Nr.;Name;Vorname;Geschl.;Geb.-Datum;Eintritt;Austritt;Abteilung;"
            "Tätigkeit;Wochenstunden;Monatsgehalt;Konfession",
            "4711;Müller;Änne;w;03.05.65;01.01.2010;;Vertrieb;Leitung;40,0;5.100,50;ev",
            "4712;Groß;Jörg;m;13.08.84;01.11.2010;31.12.2024;Werk;Schlosser;38,5;"
            "3.200,00;rk",
            "4713;Kurz;Udo;m;01.02.90;15.06.2018;;Werk;Schlosser;20,0;1.600,00;ev",
            ";Summe;;;;;;;;98,5;9.900,50;",
        )
    },
    {"personalbestand": "list"},
    {
        "personalbestand": "person_id=Pers.-Nr., last_name=Name, first_name=Vorname,"
        "sex=Geschl., born_on=Geb.-Datum, started_on=Eintritt, ended_on=Austritt,"
        "department=Abteilung, designation=Tätigkeit, weekly_hours=Wochenstunden,"
        "pay_rate=Monatsgehalt"
    },
    ("Konfession",),
    ("headerRows: [3]", 'decimalChar: ","', 'groupChar: "."', "constant: month",
     "refuse:", "%d.%m.%y", "encoding: cp1252"),
)  # fmt: skip

FRENCH = Case(
    {
        "effectif_2026-03.csv": rows(
            "Matricule;Nom;Prénom;Sexe;Date de naissance;Date d'entrée;Service;Emploi;"
            "Type de contrat;Taux d'activité;Salaire annuel brut;N° sécurité sociale",
            "01;Petit;Léa;F;31/01/1980;01/02/2010;Ventes;Vendeuse;CDI;100;42 000,00;28",
            "02;Roux;Luc;H;12/05/1975;15/03/2012;Ventes;Chef;CDI;100;61 500,00;17",
            "03;Blanc;Zoé;F;09/09/1990;01/09/2020;Usine;Soudeuse;CDD;80;28 000,00;29",
        ),
        "effectif_2026-04.csv": rows(
            "Matricule;Nom;Prénom;Sexe;Date de naissance;Date d'entrée;Service;Emploi;"
            "Type de contrat;Taux d'activité;Salaire annuel brut;N° sécurité sociale",
            "01;Petit;Léa;F;31/01/1980;01/02/2010;Ventes;Vendeuse;CDI;100;42 000,00;28",
            "03;Blanc;Zoé;F;09/09/1990;01/09/2020;Usine;Soudeuse;CDD;80;28 000,00;29",
        ),
    },
    {"effectif": "snapshots"},
    {
        "effectif": "person_id=Matricule, last_name=Nom, first_name=Prénom, sex=Sexe,"
        "born_on=Date de naissance, started_on=Date d'entrée, department=Service,"
        "designation=Emploi, employment_type=Type de contrat,"
        "pay_rate=Salaire annuel brut"
    },
    ("N° sécurité sociale",),
    ('exported: {file_name: "%Y-%m"}', "constant: year", 'groupChar: " "'),
)

SPANISH = Case(
    {
        "movimientos.csv": rows(
            "Legajo,Tipo de movimiento,Fecha efectiva,Motivo de baja,Sexo,"
            "Fecha de nacimiento,Departamento,Puesto,Centro de trabajo",
            "1,Alta,2015-01-07,,Mujer,1980-01-31,Ventas,Vendedora,Madrid",
            "2,Alta,2016-02-01,,Hombre,1975-05-05,Taller,Mecánico,Bilbao",
            "2,Cambio de puesto,2018-02-01,,,,Taller,Jefe,",
            "1,Baja,2020-03-31,Renuncia,,,,,",
            "3,Alta,2021-02-01,,Mujer,1995-05-05,Taller,Mecánica,Bilbao",
        )
    },
    {"movimientos": "events"},
    {
        "movimientos": "person_id=Legajo, event=Tipo de movimiento,"
        "effective_from=Fecha efectiva, exit_reason=Motivo de baja, sex=Sexo,"
        "born_on=Fecha de nacimiento, department=Departamento, designation=Puesto,"
        "place=Centro de trabajo"
    },
    said=("Baja: exit", "Alta: hire"),
)

DUTCH = Case(
    {
        "medewerkers.csv": rows(
            "Personeelsnummer;Achternaam;Geslacht;Geboortedatum;Datum in dienst;"
            "Afdeling;Functie;Standplaats;Contracturen;BSN;IBAN",
            "31;Bakker;V;31-01-1980;01-02-2010;Verkoop;Adviseur;Utrecht;36;123;NL91ABNA1",
            "32;Visser;M;12-05-1975;15-03-2012;Verkoop;Manager;Utrecht;36;456;NL91ABNA2",
            "33;Smit;V;09-09-1990;01-09-2020;Fabriek;Monteur;Breda;24;789;NL91ABNA3",
        ),
        "uit dienst.csv": rows(
            "Personeelsnummer;Datum in dienst;Datum uit dienst;Reden uit dienst",
            "34;01-02-2011;28-02-2025;Pensioen",
            "35;01-02-2014;30-06-2025;Eigen verzoek",
        ),
    },
    {"medewerkers": "snapshot", "uit_dienst": "leavers"},
    {
        "medewerkers": "person_id=Personeelsnummer, last_name=Achternaam, sex=Geslacht,"
        "born_on=Geboortedatum, started_on=Datum in dienst, department=Afdeling,"
        "designation=Functie, place=Standplaats, weekly_hours=Contracturen",
        "uit_dienst": "person_id=Personeelsnummer, started_on=Datum in dienst,"
        "ended_on=Datum uit dienst, exit_reason=Reden uit dienst",
    },
    ("BSN", "IBAN"),
)

HISTORY = Case(
    {
        "people.csv": rows(
            "emp_no,birth_date,first_name,last_name,gender,hire_date",
            "1,1970-02-03,Gil,Fay,M,2001-05-06",
            "2,1971-03-04,Bea,Sim,F,2002-06-07",
            "3,1972-04-05,Pam,Bam,M,2003-07-08",
        ),
        "dept_emp.csv": rows(
            "emp_no,dept_no,from_date,to_date",
            "1,S,2001-05-06,9999-12-31",
            "2,B,2002-06-07,2008-08-09",
            "2,W,2008-08-09,2012-09-10",
            "3,W,2003-07-08,9999-12-31",
        ),
        "salaries.csv": rows(
            "emp_no,salary,from_date,to_date",
            "1,51000,2001-05-06,2004-01-31",
            "1,52500,2004-02-01,9999-12-31",
            "2,61000,2002-06-07,2012-09-10",
            "3,43000,2003-07-08,9999-12-31",
        ),
        "departments.csv": rows(
            "dept_id,dept_no,dept_name", "0,W,Works", "1,S,Sales", "2,B,Board"
        ),
    },
    {
        "people": "snapshot",
        "dept_emp": "history",
        "salaries": "history",
        "departments": "reference",
    },
    {
        "people": "person_id=emp_no, born_on=birth_date, first_name=first_name,"
        "last_name=last_name, sex=gender, started_on=hire_date",
        "dept_emp": "person_id=emp_no, department=dept_no, effective_from=from_date,"
        "effective_to=to_date",
        "salaries": "person_id=emp_no, pay_rate=salary, effective_from=from_date,"
        "effective_to=to_date",
        "departments": "department=dept_no, department_name=dept_name",
    },
    said=("gives_employment: true", "is_last_day: true"),
)

PERIODS = Case(
    {
        "Turnover.csv": rows(
            "EmployeeID,RecordDate,BirthDate,HireDate,TerminationDate,Gender,"
            "Job Title,Department,City,STATUS,TermReason",
            "81,12/31/2016 0:00,1/13/1964,9/18/1999,1/1/1900,M,Head,Board,Bonn,ACTIVE,",
            "81,12/31/2017 0:00,1/13/1964,9/18/1999,1/1/1900,M,Head,Board,Bonn,ACTIVE,",
            "82,12/31/2016 0:00,2/23/1967,9/18/1999,1/1/1900,F,Aide,Shops,Köln,ACTIVE,",
            "82,12/31/2017 0:00,2/23/1967,9/18/1999,6/30/2017,F,Aide,Shops,Köln,"
            "TERMINATED,Retirement",
        )
    },
    {"turnover": "periods"},
    {
        "turnover": "person_id=EmployeeID, born_on=BirthDate,"
        "started_on=HireDate, ended_on=TerminationDate, sex=Gender,"
        "designation=Job Title, department=Department, place=City, is_employed=STATUS,"
        "exit_reason=TermReason"
    },
    said=("1/1/1900", "%m/%d/%Y %H:%M", "column: RecordDate"),
)

PAYMENTS = Case(
    {
        f"lohn_2026_0{month}.csv": rows(
            "Personalnummer;Lohnart;Lohnarttext;Betrag;Währung;Stunden;Zahltag",
            f"1;100;Gehalt;3.000,00;EUR;160;28.0{month}.2026",
            f"1;200;Zulage;150,00;EUR;;28.0{month}.2026",
            f"2;100;Gehalt;4.200,00;EUR;160;28.0{month}.2026",
        )
        for month in (1, 2)
    },
    {"lohn": "payments"},
    {
        "lohn": "person_id=Personalnummer, line_type=Lohnart,"
        "line_description=Lohnarttext, line_amount=Betrag, line_currency=Währung,"
        "line_hours=Stunden, paid_on=Zahltag"
    },
    said=('exported: {file_name: "%Y_%m"}',),
)

YEARS = Case(
    {
        "Payroll.csv": rows(
            "Fiscal Year,Payroll Number,Agency Name,Last Name,First Name,"
            "Agency Start Date,Title Description,Base Salary,Pay Basis",
            *(
                f"{year},17,FIRE,{last},{first},0{n}/15/2010,CLERK,{pay},{basis}"
                for year in (2019, 2020)
                for n, (last, first, pay, basis) in enumerate(
                    (
                        ("ASH", "ANN", 61000, "per Annum"),
                        ("BIRCH", "BOB", 71000, "per Annum"),
                        ("CEDAR", "CAT", 18.5, "per Hour"),
                        ("DOE", "DAN", 300, "per Day"),
                    ),
                    start=1,
                )
            ),
        )
    },
    {"payroll": "periods"},
    {
        "payroll": "last_name=Last Name, first_name=First Name,"
        "started_on=Agency Start Date, department=Agency Name,"
        "designation=Title Description, pay_rate=Base Salary, pay_period=Pay Basis"
    },
    said=("format: \"%Y\"", "generated: [First Name, Last Name, Agency Start Date]",
          "per Day of Pay Basis is no year, month or hour"),
)  # fmt: skip

POLISH = Case(
    {
        "Pracownicy.csv": rows(
            "Numer ewidencyjny;Nazwisko;Imię;Płeć;Data urodzenia;PESEL;"
            "Data zatrudnienia;Data zwolnienia;Dział;Stanowisko;Wynagrodzenie brutto",
            "1;Lis;Ewa;K;31.01.1980;801;01.02.2010;;Sprzedaż;Doradca;7 500,00",
            "2;Kos;Jan;M;12.05.1975;752;15.03.2012;31.05.2020;Księgowość;Szef;9 100,50",
        )
    },
    {"pracownicy": "list"},
    {
        "pracownicy": "person_id=Numer ewidencyjny, last_name=Nazwisko,"
        "first_name=Imię, sex=Płeć, born_on=Data urodzenia,"
        "started_on=Data zatrudnienia, ended_on=Data zwolnienia, department=Dział,"
        "designation=Stanowisko, pay_rate=Wynagrodzenie brutto"
    },
    ("PESEL",),
    ("encoding: cp1250", 'decimalChar: ","', 'groupChar: " "', "constant: month"),
)

DANISH = Case(
    {
        "Medarbejdere.csv": rows(
            "Medarbejdernr.;Navn;CPR-nr.;Køn;Fødselsdato;Ansættelsesdato;"
            "Fratrædelsesdato;Afdeling;Stilling;Ugentlige timer;Månedsløn",
            "1;Ida Berg;31;Kvinde;31-01-1980;01-02-2010;;Salg;Rådgiver;37;41.500,00",
            "2;Bo Dam;12;Mand;12-05-1975;15-03-2012;31-05-2020;Salg;Chef;37;52.000,00",
        )
    },
    {"medarbejdere": "list"},
    {
        "medarbejdere": "person_id=Medarbejdernr., last_name=Navn, sex=Køn,"
        "born_on=Fødselsdato, started_on=Ansættelsesdato, ended_on=Fratrædelsesdato,"
        "department=Afdeling, designation=Stilling, weekly_hours=Ugentlige timer,"
        "pay_rate=Månedsløn"
    },
    ("CPR-nr.",),
    ("Kvinde: female", "Mand: male"),
)

ITALIAN = Case(
    {
        "Dipendenti.csv": rows(
            "Matricola;Cognome;Nome;Codice fiscale;Sesso;Data di nascita;"
            "Data assunzione;Data cessazione;Causale cessazione;Reparto;Mansione;"
            "Ore settimanali;Retribuzione lorda mensile",
            "1;Neri;Ada;X1;F;31/01/1980;01/02/2010;;;Vendite;Addetta;40;2.500,00",
            "2;Bassi;Ugo;X2;M;12/05/1975;15/03/2012;31/05/2020;Dimissioni;Vendite;Capo;"
            "40;3.100,50",
        )
    },
    {"dipendenti": "list"},
    {
        "dipendenti": "person_id=Matricola, last_name=Cognome, first_name=Nome,"
        "sex=Sesso, born_on=Data di nascita, started_on=Data assunzione,"
        "ended_on=Data cessazione, exit_reason=Causale cessazione, department=Reparto,"
        "designation=Mansione, weekly_hours=Ore settimanali,"
        "pay_rate=Retribuzione lorda mensile"
    },
    ("Codice fiscale",),
    ("constant: month",),
)

INFOTYPES = Case(
    {
        "PA0001.csv": rows(
            "PERNR;BEGDA;ENDDA;BUKRS;WERKS;PERSG;ORGEH;STELL",
            "00001001;01.03.2012;30.06.2015;1000;DE01;1;50000123;50001",
            "00001001;01.07.2015;31.12.9999;1000;DE01;1;50000456;50002",
            "00001002;15.04.2019;31.12.9999;1000;DE02;2;50000123;50001",
            "00001003;01.01.2020;31.12.9999;1000;DE02;1;50000456;50003",
        ),
        "PA0002.csv": rows(
            "PERNR;BEGDA;ENDDA;NACHN;VORNA;GESCH;GBDAT",
            "00001001;01.03.2012;31.12.9999;Ash;Ann;2;31.01.1980",
            "00001002;15.04.2019;31.12.9999;Birch;Bob;1;05.05.1975",
            "00001003;01.01.2020;31.12.9999;Cedar;Cat;2;12.12.1990",
        ),
        "PA0008.csv": rows(
            "PERNR;BEGDA;ENDDA;BSGRD;ANSAL;WAERS",
            "00001001;01.03.2012;31.12.2020;100,00;52.000,00;EUR",
            "00001001;01.01.2021;31.12.9999;100,00;58.000,00;EUR",
            "00001002;15.04.2019;31.12.9999;50,00;31.500,00;EUR",
            "00001003;01.01.2020;31.12.9999;100,00;64.250,00;EUR",
        ),
    },
    {"pa": "history", "pa_2": "history", "pa_3": "history"},
    {
        "pa": "person_id=PERNR, effective_from=BEGDA, effective_to=ENDDA,"
        "company=BUKRS, place=WERKS, employment_type=PERSG, department=ORGEH,"
        "designation=STELL",
        "pa_2": "person_id=PERNR, effective_from=BEGDA, effective_to=ENDDA,"
        "last_name=NACHN, first_name=VORNA, sex=GESCH, born_on=GBDAT",
        "pa_3": "person_id=PERNR, effective_from=BEGDA, effective_to=ENDDA,"
        "pay_rate=ANSAL, pay_currency=WAERS",
    },
    said=(
        "{from: ENDDA, is_last_day: true}  # sure: its name, dates, as in another",
        "weekly_hours: {from: BSGRD, values: {'100,00': '<hours>'",
    ),
)

JOB_ROWS = Case(
    {
        "PS_JOB.csv": rows(
            "EMPLID,EFFDT,EFFSEQ,ACTION_REASON,EMPL_STATUS,DEPTID,JOBCODE,LOCATION,"
            "FULL_PART_TIME,STD_HOURS,ANNUAL_RT,COMP_FREQUENCY,HOURLY_RT,CURRENCY_CD",
            "1001,01-MAR-2012,0,NEW,A,101,KU1,NY,F,40,52000,A,25.00,USD",
            "1001,01-JUL-2015,0,PRO,A,102,KU2,NY,F,40,58000,A,27.88,USD",
            "1002,15-APR-2019,0,NEW,A,101,KU1,SF,P,20,31500,A,30.29,USD",
            "1002,30-NOV-2022,0,RES,T,101,KU1,SF,P,20,31500,A,30.29,USD",
            "1003,01-JAN-2020,0,NEW,A,102,KU2,NY,F,40,64250,A,30.89,USD",
        ),
    },
    {"ps_job": "history"},
    {
        "ps_job": "person_id=EMPLID, effective_from=EFFDT, is_employed=EMPL_STATUS,"
        "department=DEPTID, designation=JOBCODE, place=LOCATION,"
        "employment_type=FULL_PART_TIME, weekly_hours=STD_HOURS,"
        "pay_rate=ANNUAL_RT, pay_currency=CURRENCY_CD"
    },
    said=("pay_period: {constant: year}", "%d-%b-%Y"),
)

CASES = {
    "years": YEARS,
    "polish": POLISH,
    "danish": DANISH,
    "italian": ITALIAN,
    "english": ENGLISH,
    "german": GERMAN,
    "french": FRENCH,
    "spanish": SPANISH,
    "dutch": DUTCH,
    "history": HISTORY,
    "periods": PERIODS,
    "payments": PAYMENTS,
    "infotypes": INFOTYPES,
    "job rows": JOB_ROWS,
}


def proposed(
    tmp_path: Path, files: dict[str, str], encoding: str = "utf-8"
) -> tuple[Mapping, str, str]:
    """The mapping of files, its text, and the screen."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding=encoding)
    return proposed_of(folder, tmp_path)


def proposed_of(place: Path, tmp_path: Path) -> tuple[Mapping, str, str]:
    """The mapping of a place, its text, and the screen."""
    screen = io.StringIO()
    path = onboard(
        "acme",
        place,
        Console(file=screen, width=200),
        company=tmp_path / "company",
        say=("currency=EUR",),
    )
    return mappings.read(path), path.read_text(), screen.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_guesses_are_seldom_wrong(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    encoding = {"german": "cp1252", "polish": "cp1250"}.get(name, "utf-8")
    mapping, text, _ = proposed(tmp_path, case.files, encoding)
    assert {n: t.shape for n, t in mapping.tables.items()} == case.shapes
    wrong, unknown = [], []
    for table, listed in case.fields.items():
        wanted = dict(each.strip().split("=") for each in listed.split(","))
        got = {n: s.source for n, s in mapping.tables[table].fields.items() if s.source}
        wrong += [(n, c) for n, c in got.items() if wanted.get(n) != c]
        unknown += [(n, c) for n, c in wanted.items() if n not in got]
    assert len(wrong) <= MOST_WRONG, wrong
    assert len(unknown) <= MOST_UNKNOWN, unknown
    never = {c for t in mapping.tables.values() for c in t.never}
    assert set(case.never) <= never
    for each in case.said:
        assert each in text


def test_every_column_is_named_somewhere(tmp_path: Path) -> None:
    mapping, _, _ = proposed(tmp_path, ENGLISH.files)
    (table,) = mapping.tables.values()
    header = next(iter(ENGLISH.files.values())).split("\n")[0].split(",")
    assert set(header) == set(table.named)


def test_no_name_of_a_person_is_in_mapping_or_screen(tmp_path: Path) -> None:
    _, text, screen = proposed(tmp_path, ENGLISH.files)
    for name in ("Ash", "Birch", "Mia", "Gray", "91500"):
        assert name not in text + screen


def test_screen_tells_what_is_open_and_what_to_do_next(tmp_path: Path) -> None:
    _, _, screen = proposed(tmp_path, HISTORY.files)
    assert "say.country: region" in screen
    assert "is salary of a year, a month or an hour?" in screen
    assert "Next: muster check acme" in screen


def test_who_begins_by_their_first_row_needs_no_day_of_hire(tmp_path: Path) -> None:
    _, _, screen = proposed(tmp_path, JOB_ROWS.files)
    assert "No column for: sex (pay_gap" in screen
    assert "started_on" not in screen


def test_an_empty_column_of_leavers_is_named_as_such(tmp_path: Path) -> None:
    lines = (f"{n},2020-01-0{n},," for n in range(1, 5))
    text = rows("Employee ID,Hire date,Termination date,Remark", *lines)
    mapping, written, screen = proposed(tmp_path, {"a.csv": text})
    assert "ended_on" not in mapping.tables["a"].fields
    assert "it is empty; ended_on, once somebody leaves" in written
    assert written.count("it is empty") == 2
    assert "No column for: ended_on" in screen


@pytest.mark.parametrize(
    ("header", "values", "said"),
    [
        ("Sexo", "HM", "{from: Sexo, values: {H: male, M: female}}"),
        ("Sexo", "VM", "{from: Sexo, values: {M: female, V: male}}"),
        ("Geslacht", "VM", "sex: Geslacht "),
        ("Gender", "12", '{"1": male, "2": female}'),
    ],
)
def test_letters_of_sexes_are_told_by_those_beside_them(
    header: str, values: str, said: str, tmp_path: Path
) -> None:
    lines = (f"{n},{values[n % 2]},Sales" for n in range(1, 9))
    text = rows(f"Employee ID,{header},Department", *lines)
    assert said in proposed(tmp_path, {"a.csv": text})[1]


def test_pay_of_hours_among_years_is_not_guessed(tmp_path: Path) -> None:
    lines = (f"{n},{20 + n if n % 4 == 0 else 50000 + n},x" for n in range(12))
    text = rows("Employee ID,Salary,Job title", *lines)
    mapping, text, _ = proposed(tmp_path, {"a.csv": text})
    assert "pay_rate" not in mapping.tables["a"].fields
    assert "Name it as pay_period" in text


def test_pay_of_a_year_is_so_whenever_it_is_paid(tmp_path: Path) -> None:
    lines = (f"{n},{50000 + n},Monthly,x" for n in range(4))
    text = rows("Employee ID,Annual Salary,Pay Frequency,Job title", *lines)
    mapping, _, _ = proposed(tmp_path, {"a.csv": text})
    assert mapping.tables["a"].fields["pay_period"].constant == "year"


def test_pay_of_full_time_is_told_by_its_name_and_currency(tmp_path: Path) -> None:
    lines = (f"{n},{24000 + n},London" for n in range(4))
    text = rows("Staff number,FTE Salary (£),Location", *lines)
    fields = proposed(tmp_path, {"a.csv": text})[0].tables["a"].fields
    assert fields["pay_rate"].source == "FTE Salary (£)"
    assert fields["pay_currency"].constant == "GBP"
    assert fields["is_full_time"].constant == "true"


def test_lakhs_are_numbers(tmp_path: Path) -> None:
    lines = (f'{n},"₹{n + 3},40,00{n}",Pune' for n in range(4))
    text = rows("Employee number,Annual CTC,Location", *lines)
    mapping, _, _ = proposed(tmp_path, {"a.csv": text})
    assert mapping.tables["a"].group_char == ","
    assert mapping.tables["a"].fields["pay_currency"].constant == "INR"


@pytest.mark.parametrize(
    ("names", "form"),
    [
        (("Return 31 March 2023", "Return 30 April 2024"), "%d %B %Y"),
        (("liste_März-2024", "liste_Dez-2024"), "%B %Y"),
        (("staff 2024 janv", "staff 2024 févr"), "%Y %B"),
        (("Summary 2023", "Summary 2024"), "%Y"),
        (("Marketing 2023-05", "Marketing 2023-06"), "%Y-%m"),
    ],
)
def test_the_day_that_files_names_tell(
    names: Sequence[str], form: str, tmp_path: Path
) -> None:
    text = rows("Employee ID,Gender,Department", "1,F,Yard", "2,M,Lab", "3,F,Lab")
    mapping, _, _ = proposed(tmp_path, {f"{each}.csv": text for each in names})
    (table,) = mapping.tables.values()
    assert table.exported
    assert table.exported.file_name == form


def test_a_number_of_rows_is_nobody(tmp_path: Path) -> None:
    lines = (
        f"{n},Ann Ash {n % 5},Clerk,{50000 + n},{2011 + n // 5}" for n in range(20)
    )
    text = rows("Id,EmployeeName,JobTitle,BasePay,Year", *lines)
    mapping, _, _ = proposed(tmp_path, {"a.csv": text})
    assert mapping.tables["a"].shape == "periods"
    assert mapping.tables["a"].fields["person_id"].generated == ("EmployeeName",)


def test_what_codes_of_education_mean_is_asked_for(tmp_path: Path) -> None:
    lines = (f"{n},Clerk,{1 + n % 5},{'FM'[n % 2]}" for n in range(12))
    text = rows("Employee ID,Job title,Education,Gender", *lines)
    _, written, _ = proposed(tmp_path, {"a.csv": text})
    assert "education_level: Education" in written
    assert "likely: its name, and codes" in written
    assert "? which levels are the codes of Education?" in written


def test_people_whom_nothing_tells_apart_are_asked_for(tmp_path: Path) -> None:
    lines = (f"Clerk,{2010 + n}-02-03,{'FM'[n % 2]},{50000 + n}" for n in range(4))
    text = rows("Job title,Hire date,Gender,Annual salary", *lines)
    mapping, written, screen = proposed(tmp_path, {"a.csv": text})
    assert mapping.tables["a"].shape == "reference"
    assert (
        "? who is a row of? It tells of people (pay_rate, sex, started_on)" in written
    )
    assert "ask for their number" in " ".join(screen.split())


def test_whoever_is_gone_may_be_told_with_whose_decision_it_was(tmp_path: Path) -> None:
    states = ("Active", "Voluntarily Terminated", "Terminated for Cause", "Active")
    lines = (f"{n},2020-01-0{n + 1},{state}" for n, state in enumerate(states))
    text = rows("Employee ID,Hire date,Employment status", *lines)
    fields = proposed(tmp_path, {"a.csv": text})[0].tables["a"].fields
    assert fields["is_employed"].values["Voluntarily Terminated"] == "false"
    assert fields["exit_kind"].values == {
        "Voluntarily Terminated": "voluntary",
        "Terminated for Cause": "involuntary",
    }
    assert "Active" in (fields["exit_kind"].missing_values or ())


def test_the_town_of_an_address_is_no_place_of_work(tmp_path: Path) -> None:
    text = rows("Employee ID,Hire date,Street,City", "1,2020-01-31,A 1,Bonn",
                "2,2021-01-31,B 2,Köln")  # fmt: skip
    mapping, _, _ = proposed(tmp_path, {"a.csv": text})
    assert "place" not in mapping.tables["a"].fields


# Forms of dates and numbers


def profile(tmp_path: Path, text: str, name: str = "a.csv") -> Profile:
    """What one file holds."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return look_at(tmp_path / name).profiles[0]


def column(tmp_path: Path, *values: str) -> Column:
    """What a column holds, beside one that says nothing."""
    lines = (f"{n};{v}" for n, v in enumerate(values))
    return profile(tmp_path, rows("n;v", *lines)).column("v")


@pytest.mark.parametrize(
    ("values", "forms", "is_open"),
    [
        (["2020-01-31", "2021-02-01"], ("%Y-%m-%d",), False),
        (["03/04/2020", "13/04/2020"], ("%d/%m/%Y",), False),
        (["03/04/2020", "04/13/2020"], ("%m/%d/%Y",), False),
        (["03/04/2020", "04/05/2020"], ("%d/%m/%Y",), True),
        (["03.04.2020", "04.05.2020"], ("%d.%m.%Y",), False),
        (["3/1/12 0:00", "3/31/12 0:00"], ("%m/%d/%y %H:%M",), False),
        (["2020-01-31 08:15:00", "2021-02-01 00:00:00"], ("%Y-%m-%d %H:%M:%S",), False),
        (["20200131", "20210201"], ("%Y%m%d",), False),
        (["0000-00-00", "0000-00-00", "2020-01-31"], ("%Y-%m-%d",), False),
        (["2029-10-29 06:09:38 UTC"] * 2, ("%Y-%m-%d %H:%M:%S UTC",), False),
        (["5-Mar-2012", "28-Feb-2013"], ("%d-%b-%Y",), False),
        (["2020-01-31", "31.01.2020"], ("%Y-%m-%d", "%d.%m.%Y"), False),
    ],
)
def test_form_of_dates(
    values: list[str], forms: tuple[str, ...], is_open: bool, tmp_path: Path
) -> None:
    found = column(tmp_path, *values)
    assert (found.kind, found.forms, found.is_open) == ("date", forms, is_open)


def test_dates_of_another_column_decide_what_one_leaves_open(tmp_path: Path) -> None:
    text = rows("n,a,b", "1,03/04/2020,12/31/2020", "2,04/05/2020,01/02/2020")
    found = profile(tmp_path, text).column("a")
    assert (found.forms, found.is_open) == (("%m/%d/%Y",), False)


def test_dates_of_both_orders_are_told(tmp_path: Path) -> None:
    assert column(tmp_path, "13/04/2020", "14/04/2020", "04/15/2020").is_mixed


def test_dates_that_stand_for_none_are_told(tmp_path: Path) -> None:
    found = column(tmp_path, "2020-01-31", "9999-12-31", "1900-01-01")
    assert set(found.sentinels) == {"9999-12-31", "1900-01-01"}
    assert str(found.high) == "2020-01-31"


@pytest.mark.parametrize(
    ("values", "decimal", "group", "middle"),
    [
        (["1234.5", "10"], ".", "", 622.25),
        (["1.234,50", "10,00"], ",", ".", 622.25),
        (["38,5", "40,0", "20,25"], ",", "", 38.5),
        (["1,234", "12,345,678", "999"], ".", ",", 1234),
        (["$69,222.18", "$1.00"], ".", ",", 34611.59),
        (["7 812,50", "1 000,50"], ",", " ", 4406.5),
        (["1'234.50", "2'000.50"], ".", "'", 1617.5),
    ],
)
def test_marks_of_numbers(
    values: list[str], decimal: str, group: str, middle: float, tmp_path: Path
) -> None:
    found = profile(tmp_path, rows("n;v", *(f"{n};{v}" for n, v in enumerate(values))))
    assert (found.decimal, found.group) == (decimal, group)
    assert found.column("v").middle == pytest.approx(middle)


# Files


def test_sheets_of_a_workbook_are_tables(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    with xlsxwriter.Workbook(folder / "hr.xlsx") as book:
        for title, header in (("Staff", "Staff No"), ("Left", "Staff No")):
            sheet = book.add_worksheet(title)
            sheet.write_row(0, 0, ["A title", ""])
            names = [header, "Hire\ndate", "Department"]
            sheet.write_row(2, 0, names)
            sheet.write_row(3, 0, ["A1", "2020-01-01", "Sales"])
            sheet.write_row(4, 0, ["A2", "2021-01-01", "Works"])
    mapping, _, _ = proposed_of(folder, tmp_path)
    assert {n: t.sheet for n, t in mapping.tables.items()} == {
        "staff": "Staff",
        "left": "Left",
    }
    assert mapping.tables["staff"].header_rows == (3,)
    assert mapping.tables["staff"].fields["started_on"].source == "Hire date"


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_typed_files_are_read(ending: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    form = "parquet" if ending == "parquet" else "json"
    duckdb.sql(
        "select n as employee_id, date '2020-01-01' + n::int as hire_date, 'Sales' as"
        " department from range(3) t(n)"
    ).query("t", f"copy t to '{folder}/staff.{ending}' (format {form})")
    mapping, _, _ = proposed_of(folder, tmp_path)
    assert set(mapping.tables["staff"].fields) == {
        "person_id",
        "started_on",
        "department",
    }


def test_files_of_one_pattern_are_one_table(tmp_path: Path) -> None:
    text = rows("id,team,job", "1,A,x", "2,A,y")
    names = ("Staff 2025-12.csv", "Staff 2026-01.csv", "staff_2026-02.csv.old", "b.csv")
    for name in names:
        (tmp_path / name).write_text(text)
    found = look_at(tmp_path).profiles
    assert [(p.name, len(p.readings), p.file_form) for p in found] == [
        ("staff", 2, "%Y-%m"),
        ("b", 1, ""),
    ]


def test_one_column_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id:name\n1:Ann\n2:Bob\n")
    with pytest.raises(MusterError, match="one column alone") as error:
        look_at(tmp_path)
    assert error.value.exit_code == 2


def test_default_company_keeps_no_mapping(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        ["onboard", "acme", str(tmp_path), "--company", str(PROJECT / "demo/company")],
    )
    assert done.exit_code == 2
    assert "set MUSTER_COMPANY" in done.output


def test_a_mapping_is_written_over_by_force_alone(tmp_path: Path) -> None:
    proposed(tmp_path, SPANISH.files)
    arguments = ["onboard", "acme", str(tmp_path / "files"), "--company"]
    arguments.append(str(tmp_path / "company"))
    refused = CliRunner().invoke(app, arguments)
    assert (refused.exit_code, "--force" in refused.output) == (2, True)
    assert CliRunner().invoke(app, [*arguments, "--force"]).exit_code == 0


def test_a_new_company_has_seeds_with_what_means_the_same_everywhere(
    tmp_path: Path,
) -> None:
    proposed(tmp_path, SPANISH.files)
    made = {p.name: p.read_text() for p in (tmp_path / "company/seeds").glob("*.csv")}
    seeds = {p.name: p for p in (PROJECT / "demo/company/seeds").glob("*.csv")}
    filled = {"pay_line_types.csv", "exit_reasons.csv"}
    for name in made.keys() - filled:
        assert made[name] == seeds[name].read_text().split("\n")[0] + "\n"
    assert made.keys() == seeds.keys()
    assert made["exit_reasons.csv"] == seeds["exit_reasons.csv"].read_text()
    # What a rate is paid as, and no text of the demo company's payslips.
    assert "base,,basic,,false\n" in made["pay_line_types.csv"]
    assert "Spot" not in made["pay_line_types.csv"]


def test_full_time_hours_are_asked_for_until_they_are_there(tmp_path: Path) -> None:
    asked = "full_time_hours.csv: a row for each country"
    _, _, screen = proposed(tmp_path, SPANISH.files)
    assert asked in " ".join(screen.split())
    with (tmp_path / "company/seeds/full_time_hours.csv").open("a") as seed:
        seed.write("ES,40\n")
    (tmp_path / "company/mappings/acme.yml").unlink()
    _, _, screen = proposed_of(tmp_path / "files", tmp_path)
    assert asked not in " ".join(screen.split())


@pytest.mark.parametrize("unit", ["", "Currency"])
def test_a_currency_is_asked_for_where_no_column_has_it(
    unit: str, tmp_path: Path
) -> None:
    text = f"Employee ID,First Name,Salary,{unit}\n1,Ada,1000.50,EUR\n2,Bea,2000,EUR\n"
    (tmp_path / "pay.csv").write_text(text.replace(",EUR", ",EUR" if unit else ","))
    screen = io.StringIO()
    console = Console(file=screen, width=200)
    onboard("acme", tmp_path / "pay.csv", console, company=tmp_path / "company")
    assert ("say.currency" in screen.getvalue()) == (not unit)


@pytest.mark.parametrize(
    ("said", "column", "reported"),
    [
        (("currency=GBP",), "Pay,,", "GBP"),
        ((), "Currency,GBP,GBP", "GBP"),
        ((), "Currency,GBP,USD", None),
        (("currency=EUR",), "Pay,,", None),
        ((), "Pay,,", None),
    ],
)
def test_cost_is_reported_in_the_currency_of_pay(
    said: tuple[str, ...], column: str, reported: str | None, tmp_path: Path
) -> None:
    title, first, second = column.split(",")
    rows = [("Ada", "1000.50", first), ("Bea", "2000", second)] * 4
    lines = [f"{n},{','.join(row)}" for n, row in enumerate(rows, 1)]
    text = "\n".join([f"Employee ID,First Name,Salary,{title}", *lines, ""])
    (tmp_path / "pay.csv").write_text(text)
    company, screen = tmp_path / "company", io.StringIO()
    console = Console(file=screen, width=200)
    onboard("acme", tmp_path / "pay.csv", console, company=company, say=said)
    own = variables(company)
    assert own == ({"reporting_currency": reported} if reported else {})
    assert "reporting_currency" not in screen.getvalue()


def test_a_company_is_asked_for_its_reporting_currency_where_it_says_another(
    tmp_path: Path,
) -> None:
    company, screen = tmp_path / "company", io.StringIO()
    proposed(tmp_path, SPANISH.files)
    (company / "vars.yml").write_text("vars: {reporting_currency: USD}\n")
    (company / "mappings/acme.yml").unlink()
    console, say = Console(file=screen, width=200), ("currency=GBP",)
    onboard("acme", tmp_path / "files", console, company=company, say=say)
    assert variables(company) == {"reporting_currency": "USD"}
    asked = "reporting_currency is USD, and pay is in GBP"
    assert asked in " ".join(screen.getvalue().split())


def test_another_source_changes_no_currency_of_reports(tmp_path: Path) -> None:
    company, screen = tmp_path / "company", io.StringIO()
    proposed(tmp_path, SPANISH.files)
    console, say = Console(file=screen, width=200), ("currency=GBP",)
    onboard("other", tmp_path / "files", console, company=company, say=say)
    assert not (company / "vars.yml").exists()
    asked = "reporting_currency is EUR, and pay is in GBP"
    assert asked in " ".join(screen.getvalue().split())


# Words


@pytest.mark.parametrize(
    "name",
    ["Religion", "SV-Nr.", "Ethnicity", "Schwerbehinderung (GdB)", "Estado civil",
     "Trade Union Member", "Bank Account No", "E-Mail", "home_address", "Krankenkasse"],
)  # fmt: skip
def test_columns_that_are_better_not_loaded(name: str) -> None:
    assert words.never(name)


@pytest.mark.parametrize(
    "name", ["Department", "Job title", "Hire date", "Cost center"]
)
def test_columns_that_may_be_loaded(name: str) -> None:
    assert not words.never(name)


def test_a_word_stands_once_for_a_field() -> None:
    for name, listed in words.FIELDS.items():
        found = [words.compact(w.removeprefix("-")) for w in words.listed(listed)]
        assert all(found), name
