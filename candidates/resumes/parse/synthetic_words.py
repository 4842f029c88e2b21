"""The people, firms, schools, dates and sentences that made-up resumes are put together from."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from candidates.resumes.parse.gazetteers import family_names, given_names
from candidates.resumes.skills.normalise import own_rows, titles

CITIES = """Bengaluru, Karnataka|Pune, Maharashtra|Hyderabad, Telangana|Chennai, Tamil Nadu|Noida, Uttar Pradesh|Mumbai, Maharashtra|Kolkata
|New Delhi|Gurgaon, Haryana|Ahmedabad, Gujarat|Kochi, Kerala|Indore|Jaipur, Rajasthan|Coimbatore|Dubai, UAE|Abu Dhabi, UAE|Doha, Qatar|Riyadh
|Muscat, Oman|Kuwait|New York, NY|San Francisco, CA|Austin, TX|Chicago, IL|Boston, MA|Seattle, WA|Atlanta, GA|Denver, Colorado|Portland, Oregon
|Dallas, Texas|Phoenix, AZ|Columbus, OH|Tampa, FL|Minneapolis, MN|Charlotte, NC|London|London, UK|Manchester|Birmingham, England|Leeds|Glasgow
|Dublin, Ireland|Toronto, ON|Vancouver, BC|Montreal, Quebec|Sydney, NSW|Melbourne, Australia|Singapore|Berlin, Germany|Munich|Paris, France
|Lyon|Madrid, Spain|Barcelona|Amsterdam, Netherlands|Zurich, Switzerland|Stockholm|Lisbon, Portugal|Lagos, Nigeria|Nairobi, Kenya|Cairo, Egypt
|Karachi, Pakistan|Lahore|Dhaka, Bangladesh|Colombo|Manila, Philippines|Kuala Lumpur, Malaysia|Jakarta|Sao Paulo, Brazil|Mexico City
|Houston, Texas|Salt Lake City, UT|St. Louis, MO|Cambridge, MA|Palo Alto, CA|Warsaw, Poland|Remote|City, State|Pittsburgh, Pennsylvania"""
FIRMS = """Infosys|Accenture|Wipro|Tata Consultancy Services|Cognizant|Capgemini|IBM|Oracle|Microsoft|Google|Amazon|Deloitte|KPMG|HCL Technologies|Tech Mahindra
|Walmart|Target|Siemens|Bosch|Airbus|HSBC|Barclays|Citibank|Wells Fargo|JPMorgan Chase|Verizon|AT&T|Ericsson|Nokia|Unilever|Nestle|PepsiCo|Marriott|Hilton
|SAP Labs|Dell|HP|Intel|Cisco Systems|Larsen & Toubro|Reliance Industries|ICICI Bank|HDFC Bank|Tesco|Vodafone|Genpact|Company Name|ABC Company|XYZ Ltd|Shell
|Boeing|General Electric|Honeywell|Ford Motor Company|State of Ohio|City of Chicago|US Army|UPS|FedEx|Starbucks|Macy's|Best Buy|Netflix|Uber|Spotify"""
FIRM_PARTS = """Global|Blue|North|Sun|Prime|Star|Apex|Nova|Delta|Urban|Pacific|Metro|Green|Silver|Crown|Quantum|Bright|Summit|Atlas|Vertex|Orion|Zenith|Royal|Swift|Core|River|Stone|Data|Cloud|Medi"""
FIRM_KINDS = """Technologies|Solutions|Systems|Consulting|Industries|Group|Logistics|Foods|Motors|Pharma|Hospital|Bank|Insurance|Media|Studio|Labs|Software|Networks
|Construction|Engineering Services|Retail|Hotels|Healthcare|Energy|Capital|Partners|Infotech|Communications|Textiles|Realty|Security Services|Restaurant|Medical Center|Staffing"""
FIRM_ENDS = "|||| Inc.| Inc| LLC| Ltd| Ltd.| Pvt. Ltd.| Pvt Ltd| Private Limited| Corporation| GmbH| Co.| & Co| plc| L.L.C| Limited"
DEGREES = """Bachelor of Science|Bachelor of Arts|Bachelor of Engineering|Bachelor of Technology|Bachelor of Commerce|Bachelor of Business Administration|Master of Science
|Master of Business Administration|Master of Arts|Master of Technology|Master of Computer Applications|Bachelor of Computer Applications|Associate of Applied Science|Associate of Arts
|Diploma|High School Diploma|B.Sc|B.Sc.|BSc|M.Sc|MSc|B.Tech|B.Tech.|M.Tech|B.E|B.E.|BE|MBA|M.B.A.|BBA|BCA|MCA|B.Com|M.Com|B.A.|M.A.|BA|BS|MS|B.S.|M.S.|Ph.D.|PhD|Bachelor's Degree|Master's Degree
|Bachelor's|Master's|Bachelors|Masters|Post Graduate Diploma|PGDM|LL.B|Associate's Degree|Bachelor of Fine Arts|Juris Doctor|B.Eng|M.Eng|HSC|SSC|Higher Secondary|Certificate|Advanced Diploma|GED|Bachelor Degree"""
AREAS = """Computer Science|Information Technology|Mechanical Engineering|Electronics and Communication|Electrical Engineering|Civil Engineering|Business Administration|Accounting|Finance
|Marketing|Psychology|English Literature|Economics|Mathematics|Physics|Nursing|Human Resources|Graphic Design|Computer Applications|Hotel Management|Biology|Chemistry|Political Science
|Communications|Journalism|Education|Sociology|Information Systems|Data Science|Commerce|History|Management|Computer Science and Engineering|Criminal Justice|Culinary Arts|International Business"""
TITLES = """Software Engineer|Senior Software Engineer|Software Developer|Web Developer|Full Stack Developer|Java Developer|Data Scientist|Data Analyst|Business Analyst|Project Manager
|Product Manager|Systems Engineer|Associate Consultant|Technical Lead|Team Leader|Test Engineer|QA Analyst|Network Engineer|System Administrator|Database Administrator|DevOps Engineer
|Technical Support Engineer|HR Executive|HR Manager|Recruiter|Operations Manager|Sales Executive|Sales Manager|Marketing Manager|Account Manager|Customer Service Representative|Store Manager
|Accountant|Senior Accountant|Financial Analyst|Auditor|Administrative Assistant|Executive Assistant|Office Manager|Receptionist|Teacher|English Teacher|Registered Nurse|Pharmacist|Chef
|Sous Chef|Line Cook|Server|Graphic Designer|UX Designer|Art Director|Interior Designer|Civil Engineer|Site Engineer|Mechanical Engineer|Electrical Engineer|Production Engineer|Quality Engineer
|Research Assistant|Intern|Software Engineering Intern|Summer Intern|Trainee|Management Trainee|Consultant|Senior Consultant|Director of Operations|Vice President|Assistant Manager|Deputy Manager
|General Manager|Chief Executive Officer|Founder|Co-founder & CTO|Freelance Designer|Process Associate|Subject Matter Expert|Application Developer|SAP Consultant|Oracle Developer|Branch Manager
|Relationship Manager|Teaching Assistant|Lecturer|Assistant Professor|Security Guard|Warehouse Associate|Driver|Electrician|Paralegal|Attorney|Social Worker|Physical Therapist|Medical Assistant"""
SOFT = """Communication|Leadership|Teamwork|Problem Solving|Time Management|Public Speaking|Presentation|Interpersonal Skills|Analytical Skills|Critical Thinking|Decision Making|Multitasking
|Attention to Detail|Organizational Skills|Adaptability|Creativity|Conflict Resolution|Team Building|Coaching|Mentoring|Negotiation"""
VERBS = """Managed|Led|Developed|Designed|Implemented|Coordinated|Prepared|Maintained|Supported|Responsible for|Assisted with|Handled|Supervised|Created|Built|Delivered|Improved|Analyzed|Monitored
|Reduced|Conducted|Organized|Trained|Reviewed|Collaborated on|Involved in|Worked on|Ensured|Provided|Oversaw|Automated|Resolved|Documented|Planned|Executed|Launched|Tested|Migrated"""
OBJECTS = """daily operations of the department|a team of 12 people across three sites|monthly and annual reports for senior management|new features for the customer portal|client requirements and functional specifications
|the recruitment of new staff|the yearly budget and cost control|customer complaints within the agreed time|quality checks on incoming material|the migration of legacy applications|training material for new employees
|relationships with vendors and suppliers|a mobile application used by over 20,000 users|the inventory of four warehouses|lesson plans for grades six to nine|patient records and appointments
|marketing campaigns on several channels|safety inspections on site|integration with third party services|production schedules and delivery dates|the preparation of tenders and contracts
|unit and integration tests|invoices, receipts and bank reconciliations|regular meetings with stakeholders|the server infrastructure and its backups|design documents and technical drawings
|sales presentations for key accounts|performance reviews of the team|compliance with company policy and local law|market research and competitor analysis|process improvements that saved 15% of cost"""
SUMMARIES = """{title} with {years} years of experience in {area}. Proven record of delivering results on time.|Results-driven professional seeking a challenging position in a growing organization.
|To obtain a position where I can use my skills and grow with the company.|Over {years} years of experience as {title} in a fast paced environment, with strong knowledge of {area}.
|Dedicated and hardworking {title} known for reliability and attention to quality.|Experienced {title} with a background in {area} and a passion for learning.
|Seeking a responsible job with an opportunity for professional challenges.|{years}+ years of professional experience in {area}. Able to work under pressure and meet deadlines."""
MONTHS = "January February March April May June July August September October November December".split()


def split(words: str) -> list[str]:
    return [one.strip() for one in words.split("|")]


@dataclass(frozen=True, slots=True)
class Job:
    """One made-up position."""

    title: str
    firm: str
    city: str
    dates: str
    bullets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class School:
    """One made-up course of study."""

    degree: str
    name: str
    city: str
    year: str


class World:
    """Draws people, firms and dates; one seed makes one world."""

    def __init__(self, random: Random):
        self.random = random
        self._given, self._family = sorted(given_names()), sorted(family_names())
        self._titles = sorted(key for key in titles().by_key if 1 < len(key.split()) < 5 and key.isascii())
        soft = set(split(SOFT))
        self._skills = [name for row in own_rows() for name in row[:2] if row[0] not in soft]

    def one(self, words: str) -> str:
        return self.random.choice(split(words))

    def name(self) -> str:
        given, family = self.random.choice(self._given).title(), self.random.choice(self._family).title()
        middle = self.random.choice(
            [
                "",
                "",
                "",
                "",
                f" {self.random.choice('ABCDEFGHJKLMNPRSTV')}.",
                f" {self.random.choice(self._given).title()}",
            ]
        )
        if self.random.random() < 0.06:
            return f"{given} {family[0]}"
        return f"{given}{middle} {family}"

    def title(self) -> str:
        if self.random.random() < 0.45:
            return self.random.choice(self._titles).title()
        rank = self.random.choice(["", "", "", "", "Senior ", "Sr. ", "Junior ", "Lead "])
        return rank + self.one(TITLES)

    def firm(self) -> str:
        kind = self.random.random()
        if kind < 0.35:
            return self.one(FIRMS)
        if kind < 0.7:
            return f"{self.one(FIRM_PARTS)} {self.one(FIRM_KINDS)}{self.random.choice(FIRM_ENDS.split('|'))}"
        if kind < 0.9:
            return f"{self.random.choice(self._family).title()} {self.one(FIRM_KINDS)}{self.random.choice(FIRM_ENDS.split('|'))}"
        return f"{self.random.choice(self._family).title()} & {self.random.choice(self._family).title()}{self.random.choice(FIRM_ENDS.split('|'))}"

    def school(self) -> str:
        place = self.one(CITIES).split(",")[0]
        family = self.random.choice(self._family).title()
        return self.random.choice([
            f"University of {place}", f"{place} University", f"{family} University", f"{family} College", f"{place} Institute of Technology",
            f"St. {family}'s College", f"{family} College of Engineering", f"{place} Public School", f"{family} Institute of Management",
            f"{place} State University", f"National Institute of Technology, {place}", f"{place} Community College", f"{family} High School",
            f"{family} Engineering College", f"Indian Institute of Technology {place}", f"{family} School of Business", f"Kendriya Vidyalaya, {place}",
        ])  # fmt: skip

    def skills(self, count: int) -> list[str]:
        return self.random.sample(self._skills, count)

    def soft(self, count: int) -> list[str]:
        return self.random.sample(split(SOFT), count)

    def bullet(self) -> str:
        text = f"{self.one(VERBS)} {self.one(OBJECTS)}"
        if self.random.random() < 0.3:
            text += f", {self.one(VERBS).lower()} {self.one(OBJECTS)}"
        return text + self.random.choice([".", "", "."])

    def date(self, year: int, month: int, style: int) -> str:
        name, short = MONTHS[month - 1], MONTHS[month - 1][:3]
        return (f"{name} {year}", f"{short} {year}", f"{month:02d}/{year}", f"{year}", f"{short}. {year}", f"{short} '{year % 100:02d}", f"{year}-{month:02d}",
                f"{short}-{year % 100:02d}", f"{name}, {year}", f"{short}-{year}", f"{month:02d}/{year % 100:02d}", f"{short.upper()} {year}", f"1st {short} {year}")[style]  # fmt: skip

    def jobs(self, count: int) -> list[Job]:
        style = self.random.randrange(13)
        joint = self.random.choice([" - ", " to ", " – ", "-", " — ", " To ", "–"])
        year, month = self.random.randint(2012, 2024), self.random.randint(1, 12)
        jobs = []
        for at in range(count):
            end = self.date(year, month, style)
            if at == 0 and self.random.random() < 0.6:
                end = self.random.choice(
                    [
                        "Present",
                        "present",
                        "Current",
                        "Till date",
                        "till date",
                        "Now",
                        "Till Date",
                        "PRESENT",
                        "to date",
                    ]
                )
            year, month = year - self.random.randint(1, 4), self.random.randint(1, 12)
            bullets = tuple(self.bullet() for _ in range(self.random.randint(1, 5)))
            jobs.append(
                Job(
                    self.title(), self.firm(), self.one(CITIES), f"{self.date(year, month, style)}{joint}{end}", bullets
                )
            )
        return jobs

    def studies(self, count: int) -> list[School]:
        result = []
        for _ in range(count):
            degree = self.one(DEGREES)
            if self.random.random() < 0.75:
                degree += self.random.choice([" in ", " in ", ", ", " (", " - ", " "]) + self.one(AREAS)
                degree += ")" if "(" in degree else ""
            year = self.random.randint(1985, 2024)
            form = self.random.choice(["{y}", "{y}", "{y}", "{b} - {y}", "{m} {y}", "{b}-{y}", "{b} to {y}", "{y}"])
            result.append(
                School(
                    degree,
                    self.school(),
                    self.one(CITIES),
                    form.format(y=year, b=year - 3, m=self.random.choice(MONTHS)),
                )
            )
        return result
