"""The words on the project's own pages, written for them."""

PAPER = [
    "Tide gauges have measured the height of the sea at harbours for more than two centuries. Most of the early "
    "records were read from a painted board by a watchman who wrote the height into a book four times a day. These "
    "books are still kept in town archives, and many of them have never been copied. They hold the longest direct "
    "series of sea level that we have, and they reach back before any instrument that writes by itself.",
    "Reading such a book is slow work. A clerk needs about eleven minutes for a page, and a station with ninety "
    "years of readings fills some three thousand pages. Earlier projects therefore copied single years only, mostly"
    " those with a great storm, and the quiet years between them were left aside. A series with such gaps says "
    "little about the slow rise that we want to know.",
    "We describe a method that finds the parts of a scanned page before any character is read. The page is divided "
    "into headings, columns of figures, remarks in the margin and drawings. Each part is then given to the reader "
    "that suits it. This keeps remarks out of the columns, which was the most frequent error of the older method, "
    "and it lets a person check a whole column at a glance.",
    "The scans come from four harbours on the same coast. The paper is in good state, but the ink of two decades "
    "has faded to a light brown. We scanned at 300 dots an inch in grey and kept the files without loss. A page "
    "that was bound too tightly shows a shadow along the fold; we left it in, since a method that needs perfect "
    "pages would be of no use in an archive.",
    "Every tenth page was copied twice by two people who did not see each other's work. Where they differed, a "
    "third person decided. The two copies agreed in 99.2 per cent of all readings. Most of the differences "
    "concerned the digits one and seven, which one of the watchmen wrote nearly alike, and the half foot, for which"
    " three signs were in use.",
    "The columns are found in two steps. First the page is cut along the white space that crosses it from side to "
    "side, then each strip is cut from top to bottom. A heading that spans the page ends the columns above it. This"
    " simple rule gives the order in which a person reads, and it failed on only six pages of four thousand, all of"
    " them with a note written across the table.",
    "Storm days need care. The watchman read the board every quarter of an hour and wrote the extra readings "
    "wherever he found room, often upside down. We mark such pages and leave them to a person. They are few, about "
    "one in two hundred, but they hold the highest values of the whole series, and an error there would change the "
    "result more than a hundred errors on a calm day.",
    "Between the two world wars the stations changed from feet to metres, each in a different year. The change is "
    "announced in the margin of one station and nowhere in the other books. We found the dates by comparing the "
    "tides of neighbouring harbours, which differ by no more than a few minutes and a constant factor. The three "
    "dates that we found agree with letters kept by the harbour office.",
    "The mean level of a year is the average of all high and low waters, corrected for the months in which readings"
    " are missing. A missing month matters, since the sea stands about fourteen centimetres higher in November than"
    " in May. We fill a gap of up to ten days from the neighbouring station and leave longer gaps open. No year "
    "with more than two open months enters the trend.",
    "Land moves as well. The northern harbour stands on rock that still rises after the ice age, and the southern "
    "one on clay that sinks under the weight of the quay. Levelling campaigns give the difference between the board"
    " and the bench mark on the church every few years. Between two campaigns we assume a steady motion, which is "
    "the weakest part of the whole chain.",
    "The result is a rise of 1.7 millimetres a year over the whole period, with a clear increase in the last forty "
    "years. The four stations differ by less than their errors once the motion of the land is taken out. The error "
    "of the trend is dominated by the levelling and not by the reading of the books, which was the aim of this "
    "work.",
    "We publish the readings, the scans and the program. Anyone may check a value against the picture of the page "
    "on which it stands. In the first year after the data were opened, readers reported thirty-one errors, most of "
    "them in remarks. Each was corrected within a week, and the list of corrections is part of the data set.",
    "Other archives hold books of the same kind: lock keepers wrote the level of canals, millers that of their "
    "ponds, and signalmen the passing of trains. The method needs no knowledge of tides. It was tried on a canal "
    "book of 1871 with no change but the names of the columns, and found all tables of the first hundred pages.",
    "A short test shows what the cutting of the page is worth. We read two hundred pages once as a whole and once "
    "part by part. Read as a whole, every ninth page had at least one line in which a remark was taken for a "
    "reading. Read part by part, there was one such page. The time for a page fell from eleven minutes to just "
    "under two.",
    "The instruments improved slowly. A float in a well, joined to a pen by a wire, drew the tide on a drum from "
    "1887 on, and the watchman changed the paper every Monday. The drums stopped in hard winters, when the well "
    "froze, so the books were kept beside them until 1931. Where both exist, they differ by two centimetres on "
    "average.",
    "We thank the archivists of the four towns, who carried several hundred heavy volumes down the stairs and up "
    "again, and the volunteers who copied the control pages in the evenings. The work was paid for by the towns "
    "themselves. The harbour office lent its levelling instruments for two summers and asked for nothing but a copy"
    " of the results.",
]

ABSTRACT = (
    "Harbour books hold the longest direct records of sea level, but few of them have been copied. We present a "
    "method that divides a scanned page into headings, columns, remarks and drawings before any character is read, "
    "and we apply it to four thousand pages from four harbours. Nine tenths of the readings need no correction. The"
    " mean sea level rose by 1.7 mm a year between 1840 and 1990, with an error that is now set by the motion of "
    "the land."
)

REFERENCES = [
    "[1] A. Holm, The harbour books of the north coast, Archive Letters 12, 1998, pp. 40-58.",
    "[2] T. Brandt and L. Osei, Levelling of quays on soft ground, Survey Review 7, 2004, pp. 211-230.",
    "[3] M. Lind, Reading old figures, Proceedings of the Workshop on Archives, 2011, pp. 3-14.",
    "[4] J. Ferreira, Tides of neighbouring harbours, Journal of the Coast 31, 2015, pp. 77-95.",
    "[5] K. Sato, P. Weir and E. Nolan, Cutting pages along white space, Page Studies 2, 2019, pp. 101-119.",
    "[6] R. Amara, A clerk's hand: digits in nineteenth century ledgers, Archive Letters 35, 2021, pp. 9-27.",
]

CONTRACT = [
    (
        "1. Premises",
        "The Landlord lets to the Tenant the workshop on the ground floor of the house at 14 Quay Street, with the "
        "yard behind it and the use of the crane between seven in the morning and six in the evening. The plan that"
        " is attached to this agreement shows the rooms and is part of it.",
    ),
    (
        "2. Term",
        "The lease begins on 1 March 2024 and runs for five years. Either party may end it at the close of a "
        "calendar quarter by giving six months' notice in writing. If the Tenant stays after the end of the term "
        "and the Landlord does not object within fourteen days, the lease continues from year to year on the same "
        "conditions.",
    ),
    (
        "3. Rent",
        "The rent is 1,480.00 a month and is due on the third working day. It covers water and the cleaning of the "
        "yard, but neither electricity nor heating, for which the Tenant makes his own contracts. The rent follows "
        "the index of consumer prices once a year, for the first time on 1 March 2025.",
    ),
    (
        "4. Deposit",
        "The Tenant pays a deposit of three months' rent before the keys are handed over. The Landlord keeps it on "
        "a separate account and returns it, with the interest, no later than sixty days after the end of the lease,"
        " less the cost of damage that goes beyond ordinary wear.",
    ),
    (
        "5. Repairs",
        "The Landlord keeps the roof, the outer walls and the pipes in good order. The Tenant repairs what is "
        "broken by his own work up to 250.00 in each case. Changes to the building need the Landlord's consent, "
        "which may be refused only for a reason that is given in writing.",
    ),
    (
        "6. Use",
        "The rooms are let for the building and mending of small boats. Varnish and fuel are kept in the steel "
        "cabinet in the yard. The Tenant insures himself against fire and against claims of others and shows the "
        "policy to the Landlord each January.",
    ),
]

NEWS = [
    (
        "Ferry returns after a winter in dock",
        "The ferry that joins the two banks of the river sailed again yesterday after five months of repairs. About"
        " three hundred people waited at the landing, some of them since six in the morning, to be on the first "
        "crossing. The captain, who had spent the winter ashore, sounded the horn three times.",
    ),
    (
        "School garden wins prize",
        "Pupils of the primary school in Mill Lane have won first prize in the county's garden contest. They grow "
        "beans, marrows and eleven kinds of potato on what used to be the bicycle yard. The prize money will buy a "
        "glasshouse, in which the pupils plan to raise tomatoes before Easter.",
    ),
    (
        "Council votes for new bridge",
        "After a debate of four hours the council decided by nineteen votes to twelve to build a bridge for walkers"
        " and cyclists beside the old mill. Work is to begin in autumn and to last fourteen months. The cost is put"
        " at 3.2 million, of which the county pays half.",
    ),
    (
        "Library opens on Sundays",
        "From next month the town library will be open on Sunday afternoons. A trial last spring brought more "
        "readers in four hours than an ordinary Tuesday does in ten. Volunteers will look after the reading room; "
        "the lending desk stays closed, but books can be returned.",
    ),
    (
        "Rain fills the reservoirs",
        "The wettest April for thirty years has filled the reservoirs in the hills to the brim. The water company "
        "lifted the ban on hoses on Friday. Farmers are less pleased, since the low fields are still under water "
        "and the potatoes should have been planted two weeks ago.",
    ),
    (
        "Choir seeks tenors",
        "The harbour choir has forty-one voices, but only three of them are tenors. Anyone who can hold a tune is "
        "invited to the rehearsal on Thursday evening in the customs house. No one is asked to sing alone, and "
        "there is tea afterwards.",
    ),
]

NEWS_MORE = [
    "The operator said that the hull had needed more steel than expected, and that the engines were taken out for "
    "the first time since the ship was built. Tickets cost the same as last year. In summer there will be an "
    "additional crossing at ten in the evening on Fridays and Saturdays.",
    "Not everyone is content. The owner of the tea room at the northern landing said that she had lost a third of "
    "her guests and asked why the work could not be done in two winters. The council promised to discuss the matter"
    " at its next meeting, which is open to the public.",
    "A reader who has kept a diary of the river since 1961 wrote to us that this was the longest pause that he "
    "could remember. In the cold winter of 1963 people crossed on foot, and the ferryman sold hot chestnuts from "
    "his boat, which lay in the ice for seven weeks.",
]

CHINESE = [
    "港口潮位记录是研究海平面变化最直接的资料。早期的记录由值班人员每天四次从水尺上读取，并写入册子保存。这些"
    "册子大多仍然存放在地方档案馆中，许多从未被抄录，也没有任何电子版本。",
    "抄录一页平均需要十一分钟，而一个站点九十年的观测约有三千页。因此以往的工作只抄录有大风暴的年份，其余年份"
    "长期空缺。这样的序列难以说明缓慢的上升趋势，也无法与邻近站点比较。",
    "本文提出一种方法，在识别文字之前先把扫描页面分成标题、数字栏、旁注和插图等区域，再把每个区域交给合适的识"
    "别程序。旁注不再混入数字栏，这正是旧方法最常见的错误。",
    "扫描件来自同一海岸的四个港口。纸张保存良好，但有二十年的墨迹已褪成浅褐色。我们以每英寸三百点的灰度扫描，"
    "并以无损格式保存。装订过紧的页面在折缝处有阴影，我们保留了这些阴影。",
    "每十页中有一页由两人分别抄录，互不查看对方的结果，不一致之处由第三人决定。两份抄录有百分之九十九点二相同"
    "，差异主要出现在数字一和七，以及半尺的三种写法上。",
    "结果表明，全部时期内平均海平面每年上升一点七毫米，最近四十年明显加快。扣除陆地升降之后，四个站点之间的差"
    "别小于各自的误差。误差主要来自水准测量，而不是来自册子的读数。",
    "我们公开全部读数、扫描图和程序。任何人都可以把一个数值与它所在页面的图像对照。数据公开后的第一年，读者报"
    "告了三十一处错误，大多在旁注中，每一处都在一周之内得到改正。",
]
