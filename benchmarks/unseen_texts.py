"""Sentences and titles in many languages that the detection of encodings was not tuned with."""

from __future__ import annotations

_TEXTS = {
    "Russian": """
Сборная выиграла третий матч подряд и вышла в четвертьфинал чемпионата.
Нарежьте лук кольцами, обжарьте его в масле и добавьте щепотку соли.
Завтра ожидается туман, ветер слабый, днём воздух прогреется до пяти градусов.
Вратарь отбил пенальти на последней минуте, и трибуны взревели от восторга.
Тесто должно подняться вдвое, после чего из него лепят пирожки с капустой.
К вечеру похолодает, на дорогах возможна гололедица.
Рецепт бабушкиного борща""",
    "Ukrainian": """
Збірна перемогла втретє поспіль і вийшла до чвертьфіналу чемпіонату.
Наріжте цибулю кільцями, обсмажте її на олії та додайте дрібку солі.
Завтра очікується туман, вітер слабкий, удень повітря прогріється до п'яти градусів.
Воротар відбив пенальті на останній хвилині, і трибуни вибухнули оплесками.
Тісто має піднятися вдвічі, після чого з нього ліплять пиріжки з капустою.
Увечері похолоднішає, на дорогах можлива ожеледиця.
Рецепт бабусиного борщу""",
    "Polish": """
Reprezentacja wygrała trzeci mecz z rzędu i awansowała do ćwierćfinału mistrzostw.
Pokrój cebulę w krążki, podsmaż ją na maśle i dodaj szczyptę soli.
Jutro spodziewana jest mgła, wiatr słaby, w ciągu dnia do pięciu stopni.
Bramkarz obronił rzut karny w ostatniej minucie, a kibice oszaleli ze szczęścia.
Ciasto powinno podwoić objętość, potem lepi się z niego pierożki z kapustą.
Wieczorem ochłodzi się, na drogach możliwa gołoledź.
Przepis na żurek babci""",
    "Czech": """
Reprezentace vyhrála třetí zápas za sebou a postoupila do čtvrtfinále mistrovství.
Cibuli nakrájejte na kolečka, osmahněte ji na másle a přidejte špetku soli.
Zítra se čeká mlha, slabý vítr, přes den se oteplí na pět stupňů.
Brankář chytil penaltu v poslední minutě a diváci šíleli nadšením.
Těsto má zdvojnásobit objem, potom se z něj tvarují koláčky se zelím.
Večer se ochladí, na silnicích může být náledí.
Babiččin recept na svíčkovou""",
    "Greek": """
Η εθνική ομάδα κέρδισε τον τρίτο συνεχόμενο αγώνα και προκρίθηκε στους οκτώ.
Κόψτε το κρεμμύδι σε ροδέλες, τσιγαρίστε το σε λάδι και προσθέστε λίγο αλάτι.
Αύριο αναμένεται ομίχλη, ασθενείς άνεμοι και θερμοκρασία έως πέντε βαθμούς.
Ο τερματοφύλακας έπιασε το πέναλτι στο τελευταίο λεπτό και η κερκίδα ξέσπασε.
Η ζύμη πρέπει να διπλασιαστεί και μετά πλάθουμε πιτάκια με λάχανο.
Το βράδυ θα κάνει κρύο και ίσως έχει πάγο στους δρόμους.
Η συνταγή της γιαγιάς""",
    "Turkish": """
Milli takım üst üste üçüncü maçını kazanarak çeyrek finale yükseldi.
Soğanı halka halka doğrayın, yağda kavurun ve bir tutam tuz ekleyin.
Yarın sis bekleniyor, rüzgâr hafif esecek, gündüz sıcaklık beş dereceye çıkacak.
Kaleci son dakikada penaltıyı kurtardı, tribünler sevinçten coştu.
Hamur iki katına çıkınca lahanalı küçük börekler yapılır.
Akşam hava soğuyacak, yollarda buzlanma görülebilir.
Büyükannemin çorba tarifi""",
    "French": """
L'équipe a gagné son troisième match d'affilée et jouera le quart de finale.
Émincez l'oignon, faites-le dorer au beurre, puis ajoutez une pincée de sel.
Demain, brouillard le matin, vent faible, températures jusqu'à cinq degrés.
Le gardien a arrêté le penalty à la dernière minute et le stade a exulté.
La pâte doit doubler de volume ; ensuite, façonnez de petits chaussons.
Ce soir, il fera plus froid et les routes seront peut-être verglacées.
La soupe à l'oignon de ma grand-mère""",
    "German": """
Die Mannschaft gewann das dritte Spiel in Folge und zog ins Viertelfinale ein.
Die Zwiebel in Ringe schneiden, in Öl anbräunen und etwas Salz dazugeben.
Morgen früh Nebel, schwacher Wind, tagsüber bis fünf Grad.
Der Torhüter hielt den Elfmeter in der letzten Minute, und die Ränge tobten.
Der Teig muss aufgehen, bis er doppelt so groß ist; dann füllt man ihn mit Kraut.
Am Abend kühlt es ab, auf den Straßen droht Glätte.
Großmutters Kürbissuppe""",
    "Spanish": """
La selección ganó el tercer partido seguido y jugará los cuartos de final.
Corte la cebolla en aros, dórela en aceite y añada una pizca de sal.
Mañana habrá niebla, viento débil y hasta cinco grados durante el día.
El portero detuvo el penalti en el último minuto y la afición enloqueció.
¿Cuánto tarda la masa en doblar su tamaño?
Por la noche refrescará y habrá hielo en las carreteras de montaña.
La sopa de ajo de mi tía Begoña""",
    "Portuguese": """
A seleção venceu o terceiro jogo seguido e chegou às quartas de final.
Corte a cebola em rodelas, doure-a no azeite e junte uma pitada de sal.
Amanhã haverá nevoeiro, vento fraco e máxima de cinco graus.
O goleiro defendeu o pênalti no último minuto e a torcida não acreditou.
A massa deve dobrar de tamanho; depois, faça pãezinhos recheados.
À noite vai esfriar e pode haver gelo nas estradas da região.
O feijão da avó Conceição""",
    "Hebrew": """
הנבחרת ניצחה במשחק השלישי ברציפות ועלתה לרבע הגמר.
חתכו את הבצל לטבעות, טגנו אותו בשמן והוסיפו קורט מלח.
מחר צפוי ערפל, הרוח תהיה חלשה והטמפרטורה תגיע לחמש מעלות.
השוער עצר את הפנדל בדקה האחרונה והיציע השתולל משמחה.
הבצק צריך להכפיל את נפחו ואז מכינים ממנו כיסונים עם כרוב.
המתכון של סבתא""",
    "Arabic": """
فاز المنتخب بالمباراة الثالثة على التوالي وتأهل إلى ربع النهائي.
قطعي البصل حلقات ثم حمريه في الزيت وأضيفي رشة ملح.
يتوقع غدا ضباب كثيف ورياح خفيفة وحرارة تصل إلى خمس درجات.
تصدى الحارس لركلة الجزاء في الدقيقة الأخيرة فانفجرت المدرجات فرحا.
يجب أن يتضاعف حجم العجين ثم تصنع منه فطائر محشوة بالملفوف.
وصفة جدتي للحساء""",
    "Thai": """
ทีมชาติชนะนัดที่สามติดต่อกันและผ่านเข้าสู่รอบก่อนรองชนะเลิศ
หั่นหัวหอมเป็นวง ผัดกับน้ำมันแล้วใส่เกลือเล็กน้อย
พรุ่งนี้จะมีหมอก ลมอ่อน อุณหภูมิสูงสุดสิบห้าองศา
ผู้รักษาประตูรับลูกโทษได้ในนาทีสุดท้ายทำให้แฟนบอลดีใจมาก
แป้งต้องขึ้นเป็นสองเท่าแล้วจึงปั้นเป็นชิ้นเล็ก
สูตรแกงของคุณยาย""",
    "Vietnamese": """
Đội tuyển thắng trận thứ ba liên tiếp và vào vòng tứ kết.
Thái hành thành khoanh, phi với dầu rồi thêm một chút muối.
Ngày mai có sương mù, gió nhẹ, nhiệt độ cao nhất năm độ.
Thủ môn cản được quả phạt đền ở phút cuối và khán đài vỡ òa.
Bột phải nở gấp đôi, sau đó nặn thành những chiếc bánh nhỏ.
Công thức nấu phở của bà""",
    "Japanese": """
代表チームは三試合続けて勝ち、準々決勝に進んだ。
玉ねぎを輪切りにして油で炒め、塩をひとつまみ加えてください。
明日は霧が出て風は弱く、日中の気温は五度まで上がるでしょう。
キーパーが終了間際のＰＫを止め、スタンドは歓声に包まれた。
生地が二倍にふくらんだら、キャベツを包んで丸く形を整えます。
おばあちゃんの味噌汁の作り方""",
    "Simplified Chinese": """
国家队连续赢得第三场比赛，进入了四分之一决赛。
把洋葱切成圈，用油炒香，再加一小撮盐。
明天有雾，风力较弱，白天最高气温五度。
守门员在最后一分钟扑出了点球，看台上一片欢呼。
面团要发到两倍大，然后包上白菜馅做成小包子。
外婆的酸菜鱼做法""",
    "Traditional Chinese": """
國家隊連續贏得第三場比賽，進入了四分之一決賽。
把洋蔥切成圈，用油炒香，再加一小撮鹽。
明天有霧，風力較弱，白天最高氣溫五度。
守門員在最後一分鐘撲出了點球，看臺上一片歡呼。
麵團要發到兩倍大，然後包上白菜餡做成小包子。
外婆的酸菜魚做法""",
    "Korean": """
대표팀이 세 경기를 연속으로 이기며 팔강에 올랐다.
양파를 둥글게 썰어 기름에 볶다가 소금을 조금 넣으세요.
내일은 안개가 끼고 바람은 약하며 낮 기온은 오 도까지 오르겠습니다.
골키퍼가 마지막 순간에 페널티킥을 막아 내자 관중석이 들썩였다.
반죽이 두 배로 부풀면 양배추를 넣고 작은 만두를 빚습니다.
할머니의 된장찌개 끓이는 법""",
}

SENTENCES: dict[str, list[str]] = {name: text.split("\n")[1:] for name, text in _TEXTS.items()}
"""For each language, sentences of sport, cooking and weather, and a title."""
