"""Word lists that rules and tagger look words up in; loaded once, on first use."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

REGIONS = frozenset(
    """andhra pradesh|arunachal pradesh|assam|bihar|chhattisgarh|goa|gujarat|haryana|himachal pradesh|jharkhand|karnataka|kerala
    |madhya pradesh|maharashtra|manipur|meghalaya|mizoram|nagaland|odisha|orissa|punjab|rajasthan|sikkim|tamil nadu|telangana
    |tripura|uttar pradesh|uttarakhand|west bengal|tamilnadu|ontario|quebec|british columbia|alberta|manitoba|saskatchewan
    |nova scotia|new brunswick|newfoundland|new south wales|victoria|queensland|tasmania|western australia|south australia
    |england|scotland|wales|northern ireland|bavaria|catalonia|sindh|uae|u.a.e|u.a.e.|usa|u.s.a|u.s.a.|u.s.|uk|u.k.|ksa|middle east|europe|asia
    |africa|north america|south america|latin america|gulf|gcc|ncr|delhi ncr|navi mumbai|greater noida|washington dc|washington d.c.
    |bay area|silicon valley|new york city|nyc|hong kong|banglore|bengalore|bangalore|cochin|trivandrum|vizag|hyderbad|mysore|gurgaon|gurugram
    |secunderabad|pondicherry|calicut|baroda|apac|emea""".replace("\n", "")
    .replace(" " * 4, "")
    .split("|")
)
STATE_CODES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX "
    "UT VT VA WA WV WI WY DC ON QC BC AB MB SK NS NB NL PE NSW VIC QLD TAS".split()
)
MONTHS = frozenset(
    "jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov november "
    "dec december".split()
)
DEGREE_WORDS = frozenset(
    """bachelor bachelors bachelor's master masters master's phd ph.d ph.d. doctorate doctor diploma degree mba m.b.a m.b.a. bba b.b.a
    b.sc b.sc. bsc m.sc m.sc. msc b.s b.s. bs m.s m.s. ms b.a b.a. ba m.a m.a. ma b.tech btech b.tech. m.tech mtech m.tech. b.e b.e. be m.e m.e. me
    b.com bcom b.com. m.com mcom m.com. bca b.c.a mca m.c.a m.c.a. associate associates associate's hsc ssc h.s.c s.s.c ssc. cbse icse matriculation intermediate
    a.a a.a. a.s a.s. a.a.s aas b.f.a bfa m.f.a mfa bs.c ged g.e.d postgraduate graduate undergraduate pgdm pgdbm pgdca pgd b.ed b.ed. m.ed m.phil mphil
    llb ll.b llb. llm j.d j.d. jd m.d m.d. md mbbs b.pharm m.pharm honours hons honors certificate certification certified baccalaureate
    licence license abitur gcse gcses a-level a-levels hnd btec nvq beng b.eng meng m.eng bachelor`s b.arch m.arch dds dnp bsn msn pharmd
    gnvq laurea ingenieur engineer's puc 10th 12th xth xiith x xii sslc plus-two polytechnic iti ca cpa cfa acca cma icwa minor major""".split()
)
DEGREE_STARTS = frozenset(
    """bachelor bachelors bachelor's master masters master's phd ph.d ph.d. doctorate doctor diploma mba m.b.a m.b.a. bba b.b.a b.sc b.sc. bsc
    m.sc m.sc. msc b.s b.s. bs m.s m.s. b.a b.a. m.a m.a. b.tech btech b.tech. m.tech mtech m.tech. b.e b.e. m.e m.e. b.com bcom b.com. m.com mcom
    m.com. bca b.c.a mca m.c.a m.c.a. associate associates associate's a.a a.a.s b.f.a bfa m.f.a mfa postgraduate pgdm pgdbm pgdca pgd b.ed b.ed. m.ed
    m.phil mphil llb ll.b llm j.d j.d. mbbs b.pharm m.pharm beng b.eng meng m.eng hsc ssc h.s.c s.s.c b.arch m.arch bsn msn executive""".split()
)
SCHOOL_WORDS = frozenset(
    """university college school institute institution academy polytechnic universität universidad université universita univ univ. iit nit iim iiit
    vidyalaya vidyapeeth faculty campus vishwavidyalaya mahavidyalaya conservatory seminary hochschule escuela école ecole jntu mit ucla nyu usc
    bits vit srm anna osmania madras kendriya convent gurukul board cbse lycée gymnasium collège colegio instituto politecnico universidade suny cuny""".split()
)
COMPANY_WORDS = frozenset(
    """ltd ltd. limited inc inc. llc l.l.c corp corp. corporation company co co. pvt pvt. private gmbh plc group holdings enterprises industries
    technologies technology solutions systems services consulting consultants consultancy associates partners international bank hospital clinic labs
    software infotech global networks studios studio media agency firm foundation ventures capital insurance motors pharma pharmaceuticals
    laboratories hotel hotels restaurant airlines telecom communications logistics foods stores retail department ministry center centre council
    llp s.a. ag kg bv b.v. pte pty sdn bhd fze fzco fz wll trust society realty properties builders constructions construction infosystems
    infotech. tech. bpo kpo securities financial healthcare medical energy power steel chemicals textiles corp, inc, engineering""".split()
)
TITLE_HEADS = frozenset(
    """manager engineer developer analyst consultant assistant director officer executive administrator specialist coordinator supervisor
    technician designer architect representative associate intern trainee lead leader head president vice-president accountant auditor teacher
    instructor professor lecturer tutor nurse physician doctor surgeon therapist pharmacist attorney lawyer paralegal clerk secretary receptionist
    cashier agent advisor adviser counselor counsellor recruiter trainer programmer tester scientist researcher writer editor journalist
    photographer artist animator producer operator mechanic electrician plumber welder driver chef cook waiter waitress bartender host hostess
    salesman salesperson merchandiser buyer planner scheduler controller treasurer cfo ceo cto coo cio vp avp svp founder co-founder owner partner
    principal dean superintendent foreman inspector estimator surveyor strategist evangelist ambassador apprentice fellow volunteer
    generalist expert guard captain pilot steward attendant crew caregiver aide worker helper labourer laborer machinist fabricator assembler
    dba sme qa pmo scrummaster master proprietor freelancer contractor investigator examiner adjuster underwriter broker trader dealer
    banker teller librarian curator translator interpreter stylist hairdresser beautician model actor dancer musician singer director's
    sdet devops webmaster admin chairperson chairman member mentor coach rep tech asst mgr engr exec""".split()
)
SENIORITY = frozenset(
    "senior sr sr. junior jr jr. chief deputy assistant associate lead principal staff regional general national global vice trainee".split()
)
NAME_STOP = frozenset(
    """resume cv curriculum vitae sample example template page profile summary objective email phone address mobile contact name
    experience education skills career professional work manager engineer developer university college school inc ltd company street road
    avenue confidential personal details sales marketing software senior project business human resources information technology updated
    last the and of for in with to new best free download letter cover biodata date india usa uae dubai www com linkedin github portfolio
    executive assistant director analyst consultant designer teacher nurse accountant administrator objective: my your his her city state zip""".split()
)
HONORIFICS = frozenset("mr mr. mrs mrs. ms ms. miss dr dr. prof prof. er er. shri smt".split())


def _words(name: str) -> frozenset[str]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as stream:
        return frozenset(stream.read().split("\n")) - {""}


@cache
def places() -> frozenset[str]:
    return _words("places.txt.gz") | REGIONS


@cache
def place_starts() -> dict[str, int]:
    """The first word of every place, with the number of words of the longest place that begins so."""
    starts: dict[str, int] = {}
    for place in places():
        words = re.split(r"[ -]", place)
        starts[words[0]] = max(starts.get(words[0], 0), len(words))
    return starts


@cache
def given_names() -> frozenset[str]:
    # Names that are words of every resume say nothing.
    return _words("given_names.txt.gz") - {
        "the",
        "will",
        "may",
        "an",
        "art",
        "page",
        "major",
        "march",
        "june",
        "april",
        "august",
        "bill",
        "in",
        "my",
        "ability",
    }


@cache
def family_names() -> frozenset[str]:
    return _words("family_names.txt.gz") - {"the", "and", "of", "street", "manager", "university", "resume"}
