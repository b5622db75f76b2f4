"""Sentences in many languages, written for the benchmark of encodings."""

from __future__ import annotations

_TEXTS = {
    "Russian": """
Городской совет в среду утвердил бюджет на следующий год после долгого спора о дорогах.
Рыбаки вернулись в порт раньше обычного, потому что синоптики обещали сильный шторм.
В новой библиотеке на площади открылся зал для детей, где читают сказки каждую субботу.
Учёные измерили толщину льда на озере и сообщили, что она заметно уменьшилась.
Поезд из столицы опоздал на два часа из-за снега, который шёл всю ночь.
Врачи просят жителей сделать прививку до начала зимы и не откладывать её на потом.
«Мы не ожидали столько гостей», — сказала директор музея журналистам нашей газеты.
Цены на хлеб выросли на семь процентов, хотя урожай оказался лучше прошлогоднего.
Объявлен конкурс юных художников; съезд участников пройдёт в июне у моря.
Завод, построенный ещё до войны, закроют, а его цеха отдадут под мастерские.
Футболисты проиграли решающий матч, но болельщики встретили их аплодисментами.
Экспедиция нашла в пещере рисунки, которым, по оценкам, больше десяти тысяч лет.""",
    "Ukrainian": """
Міська рада у середу ухвалила бюджет на наступний рік після довгої суперечки про дороги.
Рибалки повернулися до порту раніше, ніж зазвичай, бо синоптики обіцяли сильний шторм.
У новій бібліотеці на площі відкрили залу для дітей, де щосуботи читають казки.
Учені виміряли товщину криги на озері й повідомили, що вона помітно зменшилася.
Потяг зі столиці запізнився на дві години через сніг, який ішов усю ніч.
Лікарі просять мешканців зробити щеплення до початку зими й не відкладати його.
«Ми не чекали стільки гостей», — розповіла директорка музею журналістам нашої газети.
Ціни на хліб зросли на сім відсотків, хоча врожай виявився кращим за торішній.
Оголошено конкурс юних художників; з'їзд учасників відбудеться у червні біля моря.
Завод, збудований ще до війни, закриють, а його цехи віддадуть під майстерні.
Їжаки оселилися в саду за школою, і діти щодня приносять їм воду та яблука.
Експедиція знайшла в печері малюнки, яким, за оцінками, понад десять тисяч років.""",
    "Polish": """
Rada miasta uchwaliła w środę budżet na przyszły rok po długim sporze o drogi.
Rybacy wrócili do portu wcześniej niż zwykle, ponieważ zapowiadano silny sztorm.
W nowej bibliotece przy rynku otwarto salę dla dzieci, gdzie w soboty czyta się baśnie.
Uczeni zmierzyli grubość lodu na jeziorze i donieśli, że wyraźnie się zmniejszyła.
Pociąg ze stolicy spóźnił się o dwie godziny z powodu śniegu, który padał całą noc.
Lekarze proszą mieszkańców, żeby zaszczepili się przed początkiem zimy.
„Nie spodziewaliśmy się tylu gości” – powiedziała dyrektorka muzeum naszej gazecie.
Ceny chleba wzrosły o siedem procent, chociaż żniwa były lepsze niż rok temu.
Ogłoszono konkurs młodych malarzy; zjazd uczestników odbędzie się w czerwcu nad morzem.
Zakład zbudowany jeszcze przed wojną zostanie zamknięty, a hale zajmą rzemieślnicy.
Jeże zamieszkały w ogrodzie za szkołą i dzieci codziennie przynoszą im wodę.
Wyprawa odkryła w jaskini rysunki, które mają prawdopodobnie ponad dziesięć tysięcy lat.""",
    "Czech": """
Městská rada ve středu schválila rozpočet na příští rok po dlouhém sporu o silnice.
Rybáři se vrátili do přístavu dříve než obvykle, protože se čekala silná bouře.
V nové knihovně na náměstí otevřeli sál pro děti, kde se každou sobotu čtou pohádky.
Vědci změřili tloušťku ledu na jezeře a oznámili, že se znatelně zmenšila.
Vlak z hlavního města měl dvě hodiny zpoždění kvůli sněhu, který padal celou noc.
Lékaři žádají obyvatele, aby se dali očkovat ještě před začátkem zimy.
„Tolik hostů jsme nečekali,“ řekla ředitelka muzea našim novinám.
Ceny chleba vzrostly o sedm procent, ačkoli úroda byla lepší než vloni.
Byla vyhlášena soutěž mladých malířů; účastníci se sejdou v červnu u moře.
Závod postavený ještě před válkou bude uzavřen a jeho haly dostanou řemeslníci.
Ježci se zabydleli v zahradě za školou a žáci jim denně nosí vodu a jablka.
Výprava našla v jeskyni kresby, kterým je zřejmě více než deset tisíc let.""",
    "Greek": """
Το δημοτικό συμβούλιο ενέκρινε την Τετάρτη τον προϋπολογισμό του επόμενου έτους.
Οι ψαράδες γύρισαν στο λιμάνι νωρίτερα από το συνηθισμένο, γιατί ερχόταν καταιγίδα.
Στη νέα βιβλιοθήκη της πλατείας άνοιξε αίθουσα για παιδιά, όπου διαβάζουν παραμύθια.
Οι επιστήμονες μέτρησαν το πάχος του πάγου στη λίμνη και είπαν ότι μειώθηκε αισθητά.
Το τρένο από την πρωτεύουσα άργησε δύο ώρες εξαιτίας του χιονιού που έπεφτε όλη νύχτα.
Οι γιατροί ζητούν από τους κατοίκους να εμβολιαστούν πριν από την αρχή του χειμώνα.
«Δεν περιμέναμε τόσους επισκέπτες», είπε η διευθύντρια του μουσείου στην εφημερίδα μας.
Η τιμή του ψωμιού αυξήθηκε επτά τοις εκατό, αν και η σοδειά ήταν καλύτερη από πέρυσι.
Προκηρύχθηκε διαγωνισμός νέων ζωγράφων· η συνάντηση θα γίνει τον Ιούνιο στη θάλασσα.
Το εργοστάσιο που χτίστηκε πριν από τον πόλεμο θα κλείσει και θα γίνει εργαστήρια.
Σκαντζόχοιροι ζουν στον κήπο πίσω από το σχολείο και τα παιδιά τούς φέρνουν νερό.
Η αποστολή βρήκε σε σπηλιά ζωγραφιές που έχουν ηλικία πάνω από δέκα χιλιάδες χρόνια.""",
    "Turkish": """
Belediye meclisi, yollar hakkındaki uzun tartışmadan sonra gelecek yılın bütçesini onayladı.
Balıkçılar limana her zamankinden erken döndü, çünkü şiddetli bir fırtına bekleniyordu.
Meydandaki yeni kütüphanede çocuklar için her cumartesi masal okunan bir salon açıldı.
Bilim insanları göldeki buzun kalınlığını ölçtü ve belirgin biçimde azaldığını bildirdi.
Başkentten gelen tren, bütün gece yağan kar yüzünden iki saat gecikti.
Doktorlar, kış başlamadan önce herkesin aşı olmasını istiyor.
“Bu kadar çok konuk beklemiyorduk,” dedi müzenin müdürü gazetemize.
Ekmek fiyatı yüzde yedi arttı, oysa hasat geçen yıldan daha iyiydi.
Genç ressamlar için yarışma açıldı; katılımcılar haziranda deniz kıyısında buluşacak.
Savaştan önce kurulan fabrika kapatılacak, yapıları ise küçük işliklere verilecek.
Okulun arkasındaki bahçeye kirpiler yerleşti, öğrenciler onlara her gün su götürüyor.
Araştırmacılar bir mağarada on bin yıldan eski olduğu düşünülen çizimler buldu.""",
    "French": """
Le conseil municipal a adopté mercredi le budget de l'année prochaine après un long débat.
Les pêcheurs sont rentrés au port plus tôt que d'habitude, car une tempête était annoncée.
Dans la nouvelle bibliothèque, une salle a été ouverte où l'on lit des contes aux élèves.
Les chercheurs ont mesuré l'épaisseur de la glace du lac : elle a nettement diminué.
Le train de la capitale a eu deux heures de retard à cause de la neige tombée cette nuit.
Les médecins prient les habitants de se faire vacciner avant le début de l'hiver.
« Nous n'attendions pas autant de visiteurs », a déclaré la directrice du musée.
Le prix du pain a augmenté de sept pour cent, bien que la récolte ait été meilleure.
Un concours de jeunes peintres est lancé ; les œuvres seront exposées à la fin de l'été.
L'usine bâtie avant la guerre fermera, et ses ateliers seront cédés à des artisans.""",
    "German": """
Der Stadtrat beschloss am Mittwoch nach langem Streit den Haushalt für das nächste Jahr.
Die Fischer kehrten früher als üblich in den Hafen zurück, weil ein Sturm angekündigt war.
In der neuen Bücherei am Markt wurde ein Saal eröffnet, in dem man Kindern Märchen vorliest.
Forscher maßen die Dicke des Eises auf dem See: Sie hat merklich abgenommen.
Der Zug aus der Hauptstadt kam wegen des nächtlichen Schnees zwei Stunden später an.
Ärzte bitten die Bürger, sich noch vor dem Winter impfen zu lassen.
„So viele Gäste hatten wir nicht erwartet“, sagte die Leiterin des Museums.
Der Brotpreis stieg um sieben Prozent, obwohl die Ernte größer war als im Vorjahr.
Die vor dem Krieg gebaute Fabrik wird geschlossen; ihre Hallen bekommen Handwerker.
In einer Höhle wurden Zeichnungen entdeckt, die über zehntausend Jahre alt sein dürften.""",
    "Hebrew": """
מועצת העיר אישרה ביום רביעי את התקציב לשנה הבאה אחרי ויכוח ארוך על הכבישים.
הדייגים חזרו לנמל מוקדם מהרגיל, כי החזאים הזהירו מפני סערה חזקה.
בספרייה החדשה שבכיכר נפתח אולם לילדים, ובו קוראים סיפורים בכל יום שישי.
החוקרים מדדו את עובי הקרח באגם והודיעו שהוא קטן במידה ניכרת.
הרכבת מן הבירה איחרה בשעתיים בגלל השלג שירד כל הלילה.
הרופאים מבקשים מן התושבים להתחסן לפני תחילת החורף.
"לא ציפינו לאורחים רבים כל כך", אמרה מנהלת המוזיאון לעיתון שלנו.
מחיר הלחם עלה בשבעה אחוזים, אף שהיבול היה טוב משל השנה שעברה.
המפעל שנבנה לפני המלחמה ייסגר, ואת אולמותיו יקבלו בעלי מלאכה.
המשלחת גילתה במערה ציורים שגילם יותר מעשרת אלפים שנה.""",
    "Arabic": """
أقر مجلس المدينة يوم الأربعاء ميزانية العام المقبل بعد نقاش طويل حول الطرق.
عاد الصيادون إلى الميناء قبل موعدهم لأن خبراء الطقس توقعوا عاصفة شديدة.
في المكتبة الجديدة بالساحة فتحت قاعة للأطفال تقرأ فيها الحكايات كل أسبوع.
قاس العلماء سمك الجليد على البحيرة وأعلنوا أنه نقص نقصا واضحا.
تأخر القطار القادم من العاصمة ساعتين بسبب الثلج الذي سقط طوال الليل.
يطلب الأطباء من السكان أخذ اللقاح قبل بداية الشتاء وعدم تأجيله.
قالت مديرة المتحف لصحيفتنا: لم نكن ننتظر هذا العدد الكبير من الزوار.
ارتفع سعر الخبز بنسبة سبعة في المئة مع أن المحصول كان أفضل من العام الماضي.
سيغلق المصنع الذي بني قبل الحرب وتعطى مبانيه لأصحاب الحرف الصغيرة.
عثرت البعثة في كهف على رسوم يزيد عمرها على عشرة آلاف سنة.""",
    "Thai": """
สภาเมืองอนุมัติงบประมาณสำหรับปีหน้าเมื่อวันพุธหลังจากถกเถียงเรื่องถนนกันนาน
ชาวประมงกลับเข้าท่าเรือเร็วกว่าปกติเพราะกรมอุตุเตือนว่าจะมีพายุใหญ่
ห้องสมุดแห่งใหม่ที่จัตุรัสเปิดห้องสำหรับเด็กและมีการเล่านิทานทุกวันเสาร์
นักวิทยาศาสตร์วัดความลึกของน้ำในทะเลสาบและรายงานว่าน้ำลดลงอย่างชัดเจน
รถไฟจากเมืองหลวงมาถึงช้าสองชั่วโมงเพราะฝนตกหนักตลอดทั้งคืน
แพทย์ขอให้ประชาชนฉีดวัคซีนก่อนเริ่มฤดูหนาวและอย่ารอช้า
ผู้อำนวยการพิพิธภัณฑ์บอกกับหนังสือพิมพ์ของเราว่าไม่คิดว่าจะมีผู้ชมมากขนาดนี้
ราคาข้าวเพิ่มขึ้นร้อยละเจ็ดแม้ว่าผลผลิตจะดีกว่าปีที่แล้ว
โรงงานที่สร้างก่อนสงครามจะปิดลงและอาคารจะมอบให้ช่างฝีมือ
คณะสำรวจพบภาพวาดในถ้ำซึ่งคาดว่ามีอายุมากกว่าหนึ่งหมื่นปี""",
    "Vietnamese": """
Hội đồng thành phố hôm thứ tư đã thông qua ngân sách năm tới sau một cuộc tranh luận dài.
Ngư dân trở về cảng sớm hơn thường lệ vì đài khí tượng báo sắp có bão lớn.
Thư viện mới ở quảng trường vừa mở một phòng cho trẻ em, mỗi thứ bảy đều kể chuyện.
Các nhà khoa học đo mực nước hồ và cho biết nước đã giảm đi rõ rệt.
Chuyến tàu từ thủ đô đến chậm hai giờ vì mưa to suốt đêm.
Bác sĩ đề nghị người dân tiêm phòng trước khi mùa đông bắt đầu.
Giám đốc bảo tàng nói với báo chúng tôi rằng bà không ngờ có nhiều khách đến thế.
Giá gạo tăng bảy phần trăm, mặc dù vụ mùa tốt hơn năm ngoái.
Nhà máy xây trước chiến tranh sẽ đóng cửa và nhường chỗ cho các xưởng thủ công.
Đoàn thám hiểm tìm thấy trong hang những bức vẽ có tuổi hơn mười nghìn năm.""",
    "Japanese": """
市議会は水曜日、道路をめぐる長い議論の末に来年度の予算案を可決した。
漁師たちは強い嵐が近づいているとの予報を受け、いつもより早く港に戻った。
広場の新しい図書館に子ども向けの部屋ができ、毎週土曜日に昔話の読み聞かせが行われる。
研究者が湖の氷の厚さを測ったところ、以前よりはっきりと薄くなっていた。
首都からの列車は一晩中降り続いた雪のため、二時間遅れて到着した。
医師会は冬が始まる前に予防接種を受けるよう住民に呼びかけている。
「これほど多くのお客様は予想していませんでした」と博物館の館長は本紙に語った。
パンの値段は七パーセント上がったが、収穫は昨年よりもよかったという。
戦前に建てられた工場は閉鎖され、建物は職人の仕事場として使われる。
調査隊は洞窟の中で一万年以上前のものとみられる絵を発見した。
学校の裏庭にハリネズミが住みつき、児童が毎日リンゴと水を運んでいる。""",
    "Simplified Chinese": """
市议会星期三经过长时间的讨论，通过了明年的道路建设预算。
因为气象台预报有强风暴，渔民们比平时更早回到了港口。
广场上的新图书馆开设了儿童阅览室，每个星期六都有人给孩子们讲故事。
科学家测量了湖面冰层的厚度，发现它比以前明显变薄了。
由于下了一整夜的雪，从首都开来的列车晚点了两个小时。
医生请居民在冬天开始以前接种疫苗，不要拖延。
博物馆馆长对本报记者说：“我们没有想到会有这么多观众。”
虽然今年的收成比去年好，面包的价格还是上涨了百分之七。
战前建造的工厂将要关闭，厂房会交给手工业者使用。
考察队在山洞里发现了一万多年以前的图画。
学校后面的花园里住着几只刺猬，学生们每天给它们送水和苹果。""",
    "Traditional Chinese": """
市議會星期三經過長時間的討論，通過了明年的道路建設預算。
因為氣象臺預報有強烈風暴，漁民們比平時更早回到了港口。
廣場上的新圖書館開設了兒童閱覽室，每個星期六都有人給孩子們講故事。
科學家測量了湖面冰層的厚度，發現它比以前明顯變薄了。
由於下了一整夜的雪，從首都開來的列車誤點了兩個小時。
醫師請居民在冬天開始以前接種疫苗，不要拖延。
博物館館長對本報記者說：「我們沒有想到會有這麼多觀眾。」
雖然今年的收成比去年好，麵包的價格還是上漲了百分之七。
戰前建造的工廠將要關閉，廠房會交給手工業者使用。
考察隊在山洞裡發現了一萬多年以前的圖畫。
學校後面的花園裡住著幾隻刺蝟，學生們每天給牠們送水和蘋果。""",
    "Korean": """
시의회는 도로를 둘러싼 긴 토론 끝에 수요일 내년도 예산안을 통과시켰다.
어부들은 강한 폭풍이 온다는 예보를 듣고 평소보다 일찍 항구로 돌아왔다.
광장에 새로 문을 연 도서관에서는 토요일마다 어린이들에게 옛날이야기를 읽어 준다.
과학자들이 호수의 얼음 두께를 재어 보니 전보다 눈에 띄게 얇아졌다.
밤새 내린 눈 때문에 수도에서 출발한 열차가 두 시간 늦게 도착했다.
의사들은 겨울이 시작되기 전에 예방 주사를 맞으라고 주민들에게 당부했다.
박물관 관장은 이렇게 많은 손님이 올 줄은 몰랐다고 우리 신문에 말했다.
작년보다 수확이 좋았지만 빵값은 칠 퍼센트 올랐다.
전쟁 전에 지은 공장은 문을 닫고 건물은 장인들의 작업실로 쓰인다.
탐사대는 동굴에서 만 년이 넘은 것으로 보이는 그림을 발견했다.""",
}

SENTENCES: dict[str, list[str]] = {name: text.split("\n")[1:] for name, text in _TEXTS.items()}
"""For each language, ten sentences or more of news that never happened."""
