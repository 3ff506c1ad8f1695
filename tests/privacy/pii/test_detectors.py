"""What is personal data, kind by kind, and what only looks like it."""

import pytest

from privacy.pii.finding import KINDS
from privacy.pii.registry import DETECTORS
from privacy.pii.scan import scan

FOUND = [
    ("EMAIL", "write to anna.kern+x@mail.example.org please", "anna.kern+x@mail.example.org"),
    ("EMAIL", "my email is ravi 88 gmailcom", "ravi 88 gmailcom"),
    ("EMAIL", "我的邮箱是wang.li@163.com谢谢", "wang.li@163.com"),
    ("PHONE", "call me on +44 20 7946 0958", "+44 20 7946 0958"),
    ("PHONE", "my number is (212) 555-0143", "(212) 555-0143"),
    ("PHONE", "phone 908 567 8900", "908 567 8900"),
    ("PHONE", "手机13812345678，谢谢", "13812345678"),
    ("PHONE", "电话是010-58168888。", "010-58168888"),
    ("PHONE", "手机１３８１２３４５６７８", "１３８１２３４５６７８"),
    ("CARD", "card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111"),
    ("CARD", "银行卡6222021234567890128", "6222021234567890128"),
    ("IBAN", "pay to DE89370400440532013000 today", "DE89370400440532013000"),
    ("IP", "blocked from 203.0.113.77", "203.0.113.77"),
    ("IP", "地址是194.21.131.68连不上", "194.21.131.68"),
    ("MAC", "device 3c:22:fb:10:9a:7e is offline", "3c:22:fb:10:9a:7e"),
    ("URL", "see https://shop.example.com/u/8821?t=ab", "https://shop.example.com/u/8821?t=ab"),
    ("SSN", "ssn 536-22-8731", "536-22-8731"),
    ("SSN", "last 4 digits of my ssn 3246", "3246"),
    ("NATIONAL_ID", "身份证11010519491231002X", "11010519491231002X"),
    ("PLATE", "我的车是京A12345", "京A12345"),
    ("ORDER", "where is order 482-11873", "482-11873"),
    ("ORDER", "订单号 202405171234", "202405171234"),
    ("BOOKING", "booking reference ABX4F9 please", "ABX4F9"),
    ("BOOKING", "confirmation number is dfr 489", "dfr 489"),
    ("ACCOUNT", "my account number is 00011112222", "00011112222"),
    ("CLAIM", "claim no is cgc 599", "cgc 599"),
    ("POLICY", "policy number 968532569", "968532569"),
    ("RECORD", "chart MRN-1003212 attached", "MRN-1003212"),
    ("PASSWORD", "password jkfj 56", "jkfj 56"),
    ("PASSWORD", 'pass := "wwWbtaYTOd5jC!"', "wwWbtaYTOd5jC!"),
    ("RECORD", "national health id: NH-933872.", "NH-933872"),
    ("USERNAME", "my username is cminh730", "cminh730"),
    ("API_KEY", "key sk-yeqD3VFMY4XIhYv8gSLdQlev here", "sk-yeqD3VFMY4XIhYv8gSLdQlev"),
    ("BIRTH_DATE", "dob 12/04/1985", "12/04/1985"),
    ("BIRTH_DATE", "生日是1990年3月5日", "1990年3月5日"),
    ("BIRTH_DATE", "geboren am 3.5.1990 in Wien", "3.5.1990"),
    ("BIRTH_DATE", "née le 12/04/1985", "12/04/1985"),
    ("BIRTH_DATE", "my bday is 5th of May 1990", "5th of May 1990"),
    ("URL", "click shop.example.de/reset?token=8f2ac1 now", "shop.example.de/reset?token=8f2ac1"),
    ("URL", "go to app.example.io:8443/invite/9fK2 now", "app.example.io:8443/invite/9fK2"),
    ("PHONE", "so 0664 123456 it is then", "0664 123456"),
    ("ACCOUNT", "我的银行卡是9558801234567890129", "9558801234567890129"),
    ("AGE", "I am 47 years old", "47"),
    ("POSTCODE", "zip code is 54321", "54321"),
    ("POSTCODE", "the postcode is SW1A 1AA", "SW1A 1AA"),
    ("ADDRESS", "I live at 742 Evergreen Terrace, Springfield", "742 Evergreen Terrace, Springfield"),
    ("ADDRESS", "7356 e canal lane endicott ny 13760", "7356 e canal lane endicott ny 13760"),
    ("ADDRESS", "Kopfhölzistrasse 45", "Kopfhölzistrasse 45"),
    ("ADDRESS", "P.O. Box 2871", "P.O. Box 2871"),
    ("ADDRESS", "地址是北京海淀区双清路89号A座。", "北京海淀区双清路89号A座"),
    ("PERSON", "my name is nolene", "nolene"),
    ("PERSON", "this is Jackson Doyle speaking", "Jackson Doyle"),
    ("PERSON", "I'm Annemette Iversen", "Annemette Iversen"),
    ("PERSON", "Dear Freddy, thanks", "Freddy"),
    ("PERSON", "Hi Olivia, where is it", "Olivia"),
    ("PERSON", "please ask Mrs. Labrie", "Mrs. Labrie"),
    ("PERSON", "yesterday Deborah said yes", "Deborah"),
    ("PERSON", "we met Will Smith there", "Will Smith"),
    ("PERSON", "mahesh babu", "mahesh babu"),
    ("PERSON", "我叫王小明，想退货", "王小明"),
    ("PERSON", "收件人：欧阳娜", "欧阳娜"),
    ("PERSON", "请找李女士", "李"),
    ("NUMBER", "htf 6320", "htf 6320"),
    ("PERSON", "prathik", "prathik"),
    ("PERSON", "sathish k", "sathish k"),
    ("PERSON", "henry green", "henry green"),
    ("PERSON", "muthuraja ssn 9876", "muthuraja"),
    ("PERSON", "yes i am dissosa", "dissosa"),
    ("PERSON", "the killers of olga krylova were found", "olga krylova"),
    ("PERSON", "we are 4: silvana, adam, chad and caleb.", "silvana"),
    ("PERSON", "Hello, this is Dr. Kyle Kuefer. Who are you?", "Dr. Kyle Kuefer"),
    ("BOOKING", "booking confirmation number is b 6 fa 85", "b 6 fa 85"),
    ("SSN", "7485 ssn", "7485"),
    ("ACCOUNT", "ac no 6666", "6666"),
    ("NUMBER", "4528 and 4862", "4862"),
    ("POSTCODE", "new delhi 700 078", "700 078"),
    ("ADDRESS", "25737 us rt 11 evans mills ny 13637", "25737 us rt 11 evans mills ny 13637"),
    ("ADDRESS", "new address sunder lane sangeth plaza roadir", "sunder lane sangeth plaza roadir"),
    ("ADDRESS", "please send it to 72134 Coronilla 3599", "72134 Coronilla 3599"),
    ("PERSON", "Gyala Antall\nPaxata\n66029 138 Consul Place\nApt. 050\nBroomfield 57006", "Gyala Antall"),
    ("ADDRESS", "Gyala Antall\nPaxata\nSuite 821\nBroomfield", "Broomfield"),
    ("ADDRESS", "地址在和平里西街地坛南门，您看可以吗？", "和平里西街地坛南门"),
    ("ADDRESS", "餐馆地址是静之湖度假酒店旁边,兴寿镇桃峪口。", "静之湖度假酒店旁边,兴寿镇桃峪口"),
    ("IBAN", "my iban is gb29nwbk60161331926819", "gb29nwbk60161331926819"),
]

CLEAN = [
    "I will mark it down, may I ask with good grace?",
    "hope this is just a joy for you",
    "The grant was in April, or was it May.",
    "I'm happy with the price of 49.99",
    "I'm looking for Italian food",
    "hi there team",
    "thanks mate",
    "it costs 1299 and weighs 15 kg",
    "can I get it at 10:30 am on 12/05/2024",
    "model XPS 9315 with 16gb",
    "2015",
    "i need 2 large pizzas",
    "room 12 on floor 3",
    "it takes 20 minutes to get there",
    "the hotel has 4 stars and 100 rooms",
    "see shop.example.de/help/shipping for more",
    "an and/or b/c, 24/7",
    "I was born to shop",
    "the range is 05-12-2024 to 06-12-2024",
    "nothing else",
    "thnaks",
    "okayyy then",
    "pepperoni",
    "my address has changed",
    "the address is wrong",
    "i am intrested",
    "delhi",
    "2 burgers\n3 fries\n1 coke",
    "milk, bread, cheese and eggs",
    "3 Galaxy 21",
    "地址和电话都告诉我",
    "version 1.2.3 of the app",
    "order 2 burgers and 3 fries",
    "I am 5 minutes away",
    "我想买一台电脑",
    "我是想问一下价格",
    "评分4.5分，人均消费84元",
    "营业时间是10:00-22:00",
    "今天是2024年5月1日",
    "先生您好",
    "",
]

WRONG_CHECKSUM = [
    ("CARD", "card 4111 1111 1111 1112 was charged"),
    ("CARD", "银行卡6222021234567890129"),
    ("IBAN", "pay to DE88370400440532013000 today"),
    ("NATIONAL_ID", "身份证110105194912310021"),
    ("NATIONAL_ID", "身份证11010519491331002X"),
    ("NATIONAL_ID", "身份证99010519491231002X"),
    ("IP", "address 999.1.1.300"),
]


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_finds(kind: str, text: str, value: str) -> None:
    assert (kind, value) in [(found.kind, text[found.start : found.end]) for found in scan(text)]


@pytest.mark.parametrize("text", CLEAN)
def test_leaves_alone(text: str) -> None:
    assert scan(text) == []


@pytest.mark.parametrize(("kind", "text"), WRONG_CHECKSUM)
def test_a_wrong_checksum_is_not_found_as_such(kind: str, text: str) -> None:
    assert kind not in {found.kind for found in scan(text)}


def test_every_detector_has_its_own_name_and_known_kinds() -> None:
    keys = [(detector.name, tuple(sorted(detector.kinds))) for detector in DETECTORS]
    assert all(detector.kinds <= KINDS for detector in DETECTORS)
    assert len(keys) == len(set(keys)) + 1  # digits of an account and of a card share name and kind
