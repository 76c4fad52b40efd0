# ruff: noqa: E501, RUF001
"""The words in which people give orders to a language model, in some thirty languages. Data; knows no rules.

Separated by commas; `word*` stands for all that begin so; several words are one term. Accents and case do not
matter: `retriever.suspicion.lexicon` folds terms, as texts are folded before.
"""

# To put aside what was said.
FORGET = """
    ignore, ignoring, disregard*, forget, override*, overrule*, overwrite, bypass, discard, supersede*, set aside,
    pay no attention, stop following, do not follow, don't follow, do not obey, don't obey, abandon, dismiss, throw away, leave aside, cast aside, leave out, do away with,
    ignorier*, vergiss, vergesst, vergessen sie, missachte*, nicht beachten, beachte nicht, verwirf, außer acht, befolge nicht, folge nicht, ne suis pas, ne suivez pas, no sigas, no siga, non seguire, non seguite,
    ignorieren sie, nie wykonuj, nie stosuj, не следуй*, не выполняй*,
    ignorez, ignorer, oublie, oubliez, oublier, pas compte, aucun compte, fais abstraction, faites abstraction,
    ignora, ignoren, ignorad, olvida, olvide, olviden, olvidad, olvídate, descarta, caso omiso, no hagas caso,
    esqueça, esquece, esqueçam, desconsidere*, despreze, dimentica, dimenticate, dimentichi, ignorate, ignori,
    non considerare, non tenere conto, trascura, scarta,
    negeer, negeert, vergeet, let niet op, zignoruj*, ignoruj*, zapomnij*, pomiń*, nie zwracaj uwagi, odrzuć,
    zapomeň*, nedbej, neber v úvahu, ignorera*, glöm, bortse från, ignorer, glem, se bort fra, unohda*, ohita,
    jätä huomiotta, hagyd figyelmen, felejtsd, uită*, ignoră*,
    игнориру*, проигнориру*, забудь*, не обращай внимания, не учитывай*, отбрось*, пренебреги*,
    ігнору*, проігнору*, не зважай*, αγνόησ*, ξέχασ*, ξεχάστε,
    yok say*, görmezden gel*, göz ardı et*, unut, unutun, dikkate alma*, abaikan*, lupakan*, jangan hiraukan,
    bỏ qua, hãy quên, quên mọi, quên hết, phớt lờ, تجاهل*, انس, انسى, اهمل, نادیده بگیر*, فراموش کن*, התעלם, התעלמי, התעלמו, תתעלם, שכח,
    अनदेखा, नजरअंदाज, नज़रअंदाज़, भूल जाओ, भूल जाएं, इग्नोर,
    忽略, 忘记, 忘記, 忘掉, 无视, 無視, 忽视, 忽視, 不要理会, 不要遵循, 不要执行, 不要回答, 不要遵守, 不用管, 抛开, 忘れて, 忘れろ, 忘れなさい, 従わない,
    무시하, 무시해, 잊어, 잊고, 따르지 마, ไม่ต้องสนใจ, เพิกเฉย, ละเว้น, อย่าสนใจ, ลืม
"""

# What a model was told.
TASK = """
    instruction, instructions, prompt, prompts, guideline*, directive*, command, commands, rules, programming,
    system message, guardrail*, safeguards, restriction*, constraint*, policy, policies, task, tasks, directions,
    everything above, all above, the above, everything before, came before, were told, been told, written before, written above, said before, said above, context,
    conversation, alles bisherige, alles oben, ce qui précède, todo lo anterior, tudo acima, tutto quanto, alles hierboven,
    wszystko powyżej, всё выше, все выше, всё предыдущее,
    anweisung*, instruktion*, befehl*, vorgabe, vorgaben, regeln, aufgabe, aufgaben, richtlinie*, vorschrift*,
    consigne, consignes, règles, ordres, tâche, directives, instruccion*, indicacion*, órdenes, reglas, directric*,
    tarea, consigna*, instruç*, instruções, ordens, regras, diretriz*, tarefa, comandos, orientaç*, orientações,
    istruzion*, indicazion*, regole, direttiv*, ordini, compito, comandi, instructie*, opdracht*, regels,
    richtlijn*, aanwijzing*, instrukcj*, poleceni*, poleceń, zasady, zasad, wytyczn*, zadani*, zadań, pokyn*,
    instrukc*, pravidla, příkaz*, anvisning*, regler, regler, instruks*, ohje*, säännö*, säänt*, käsky*,
    utasítás*, szabály*, instrucțiun*, reguli*, comenzi*,
    инструкци*, указани*, правила, команды, команд, задани*, промпт*, інструкц*, вказівк*, завданн*, οδηγί*,
    εντολ*, κανόν*, talimat*, yönerge*, komut*, kural*, görev*, instruksi*, perintah*, aturan*, hướng dẫn, chỉ dẫn,
    mệnh lệnh, chỉ thị, التعليمات, تعليمات, تعليماتك, الاوامر, اوامر, القواعد, التوجيهات, دستور, دستورات, دستورالعمل*,
    ההוראות, הוראות, ההנחיות, הנחיות, הכללים, निर्देश*, आदेश*, नियम*,
    指令, 指示, 命令, 规则, 規則, 提示词, 提示詞, 任务, 任務, ルール, プロンプト, 지시, 명령, 지침, 규칙, 프롬프트,
    คำสั่ง, คำแนะนำ, กฎ
"""

# What it was given to work with: people do say that others' reviews should be ignored.
MATERIAL = """
    everything, all that, alles, tout, todo, tudo, tutto, wszystko, всё, все, her şeyi, alt over, alt ovenfor, allt ovan, semua,
    question, questions, review, reviews, passages, evidence, other customers, frage, fragen, bewertung*, rezension*,
    avis, commentaires, pregunta*, reseña*, opiniones, pergunta*, avaliaç*, avaliações, domanda, domande, recension*,
    vraag, vragen, recensie*, beoordeling*, pytani*, pytań, recenzj*, opini*, вопрос*, отзыв*, питання, відгук*,
    soru, soruyu, yorum*, كل ما سبق, ما سبق, السؤال, المراجعات, التقييمات, प्रश्न, समीक्षा*, 内容, 問題, 问题, 评论, 評論, 评价, 評價, 質問, レビュー,
    질문, 리뷰, คำถาม, รีวิว
"""

# That it came before, or is the reader's own.
EARLIER = """
    previous, previously, prior, above, earlier, preceding, foregoing, your, initial, original, existing, system,
    aforementioned, before, so far,
    bisherig*, vorherig*, vorangegangen*, obig*, früher*, deine, deiner, oben, précédent*, dessus, antérieur*, tes,
    initiales, anterior*, previa, previas, previo, previos, tus, prévi*, suas, tuas, precedent*, sopra, tue,
    précède, vorige, voorgaande, eerdere, bovenstaande, jouw, poprzedni*, wcześniejsz*, powyższ*, swoje, twoje, předchoz*,
    výše, svoje, tidigare, föregående, ovanstående, dina, tidligere, foregående, dine, aiem*, edelli*, edeltä*, yllä*,
    korábbi*, előző*, fenti*, anterioar*, de mai sus, mai sus, предыдущ*, прежн*, прошлы*, выше, вышеуказанн*, твои, свои, попередн*, вище,
    свої, προηγούμεν*, παραπάνω, önceki, yukarıda*, şimdiye kadar*, sebelum*, di atas, trước, trên, السابقة, السابق,
    اعلاه, قبلی, بالا, پیشین, הקודמות, הקודם, למעלה, שלמעלה, पिछल*, उपर*, ऊपर, पूर्व,
    以上, 之前, 先前, 上面, 前面, 上述, 此前, 你的, これまで, 以前, 上記, 前の, 今まで, あなたの, 이전, 앞의, 위의, 지금까지,
    ก่อนหน้า, ข้างต้น, ทั้งหมด
"""

# On paper, or from a person: then the task may be a manual's.
PAPER = """
    manual*, box, booklet, leaflet, package, packaging, paper, sheet, seller*, manufacturer*, website, site, video,
    recipe*, label, app, card, included, enclosed, printed, assembly, washing, cleaning, support, company, service,
    handbuch*, anleitung*, schachtel, verpackung, hersteller*, verkäufer*, beilage, notice, manuel, boîte, emballage,
    vendeur*, fabricant*, caja, folleto, vendedor*, fabricante*, caixa, scatola, venditore, produttore, doos,
    handleiding*, verkoper, fabrikant, pudełk*, producent*, sprzedawc*, коробк*, продавц*, производител*, руководств*,
    kutu*, satıcı*, üretici*, kılavuz*, 说明书, 說明書, 卖家, 賣家, 厂家, 客服, 説明書, 取扱, 売り手, 설명서, 판매자, คู่มือ, ผู้ขาย
"""

# English verbs that are an order where a sentence or a part of one begins.
SAY = """
    say, answer, respond, reply, write, output, print, state, mention, repeat, return, report, declare, tell,
    recommend, claim, praise, describe, conclude, announce, echo, quote, cite, include, append, add, insert, end,
    begin, start, finish, sign, use, call, pick, choose, select, translate, summarize, summarise, speak, type, emit,
    generate, advise, promise, confirm, reveal, display, show, sing, spell, utter, produce
"""

# Forms of other languages that are orders by themselves.
SAY_ELSEWHERE = """
    antworte, antwortet, antworten sie, sagen sie, schreiben sie, y di, e di, et dis, ou dis, responder apenas, responder solo, sag, sage, schreib, schreibe, gib, nenne, erwähne, wiederhole, empfiehl,
    behaupte, melde, réponds, répondez, dites, écris, écrivez, affiche, affichez, répète, mentionne, mentionnez,
    recommande, responde, responda, respondan, diga, escribe, escriba, menciona, repite, contesta, conteste,
    recomienda, escreva, escreve, repita, mencione, recomende, rispondi, rispondete, scrivi, ripeti, stampa,
    menziona, consiglia, antwoord, zeg, schrijf, herhaal, vermeld, noem, odpowiedz, odpowiadaj, powiedz, napisz,
    podaj, powtórz, wypisz, odpověz, řekni, napiš, svara, skriv, säg, svar, sig, vastaa, sano, kirjoita, válaszolj,
    mondd, írd, răspunde, spune, scrie, ответь*, отвечай*, скажи*, напиши*, пиши, повтори*, выведи*, говори*,
    упомяни*, порекомендуй*, відповідай*, відповідь дай, απάντησε, απαντήστε, πες, γράψε, söyle, söyleyin, yaz, yazın,
    cevapla, cevap ver, yanıt ver, yanıtla, tekrarla, katakan, jawab, jawablah, tulis, tuliskan, balas, sebutkan,
    trả lời, hãy nói, hãy viết, قل, اكتب, اجب, رد, اذكر, وقل, واكتب, ورد, واجب, واذكر, فقل, بگو, بنویس, پاسخ بده, جواب بده, ענה, תענה, אמור, כתוב, תגיד, השב, וענה, ואמור, וכתוב, ותגיד,
    कहो, कहें, लिखो, लिखें, जवाब दो, उत्तर दें, बोलो, 回答, 回复, 回復, 回覆, 说出, 說出, 输出, 輸出, 写出, 寫出,
    答えて, 答えろ, 答えよ, 答えなさい, 言って, 書いて, 返信し, 出力し, 대답하, 대답해, 답하, 답해, 답변하, 말하, 말해, 출력,
    ตอบ, พูดว่า, เขียนว่า
"""

# That it shall be these words.
ONLY = """
    only, solely, exactly, nothing, exclusively, just, word, words, phrase, sentence, code, string,
    nur, lediglich, ausschließlich, wort, satz, seulement, uniquement, mot, phrase, solo, solamente, únicamente,
    palabra, frase, apenas, somente, palavra, soltanto, esclusivamente, parola, alleen, enkel, slechts, uitsluitend,
    woord, tylko, wyłącznie, jedynie, słowo, słowem, pouze, slovo, slovem, endast, ordet, vain, sanalla, csak,
    kizárólag, szóval, doar, numai, cuvântul, только, лишь, исключительно, слово, словом, фразу, тільки, лише,
    μόνο, λέξη, sadece, yalnızca, kelime*, hanya, kata, فقط, كلمة, بكلمة, الكلمة, کلمه, רק, בלבד, המילה, केवल, सिर्फ, शब्द,
    只, 仅, 僅, 一律, だけ, のみ, 単語, 言葉, 만, 오직, 단어, เท่านั้น, คำว่า
"""

# The model's own text, addressed.
ANSWER = """
    auf jede frage, auf alle fragen, à chaque question, à toutes les questions, a cada pregunta, a todas las preguntas,
    a cada pergunta, a todas as perguntas, ogni domanda, tutte le domande, op elke vraag, na każde pytanie, на каждый вопрос,
    на любой вопрос, на все вопросы, her soruya, 每个问题, 所有问题, すべての質問, 모든 질문, كل سؤال, हर प्रश्न, हर सवाल,
    deine antwort, deiner antwort, deinen antworten, eure antwort, ta réponse, votre réponse, tes réponses, tu respuesta,
    tus respuestas, su respuesta, sua resposta, tua resposta, tua risposta, tue risposte, je antwoord, jouw antwoord,
    uw antwoord, twoja odpowiedź, twojej odpowiedzi, swojej odpowiedzi, tvoje odpověď, ditt svar, dit svar, vastauksesi,
    válaszod*, răspunsul tău, твой ответ, твоём ответе, твоем ответе, своём ответе, своем ответе, каждый ответ,
    твоя відповідь, απάντησή σου, cevabın*, yanıtın*, jawabanmu, jawaban anda, câu trả lời của bạn, اجابتك, ردك, پاسخ شما,
    תשובתך, התשובה שלך, अपने उत्तर, आपके उत्तर, 你的回答, 你的答案, 您的回答, あなたの回答, あなたの答え, 당신의 답변, 답변에, คำตอบของคุณ
"""

# A machine that reads.
MACHINE = """
    sprachmodell*, ki assistent*, ki modell*, ki system*, modèle de langage, modèle de langue, assistant ia,
    modelo de lenguaje, asistente de ia, modelo de linguagem, assistente de ia, modello linguistico, assistente ia,
    taalmodel*, ai assistent*, model językowy, modelem językowym, modelu językowego, jazykový model, språkmodell*,
    sprogmodel*, kielimalli*, nyelvi modell*, model lingvistic, языковая модель, языковой модели, языковую модель,
    нейросеть, мовна модель, γλωσσικό μοντέλο, yapay zeka asistan*, yapay zeka model*, dil modeli, model bahasa,
    asisten ai, mô hình ngôn ngữ, trợ lý ai, نموذج لغوي, نموذج لغة, مساعد الذكاء, مدل زبانی, מודל שפה, भाषा मॉडल, एआई सहायक,
    语言模型, 語言模型, 大模型, ai助手, 人工智能助手, 言語モデル, aiアシスタント, 언어 모델, ai 비서, ai 어시스턴트, โมเดลภาษา, ผู้ช่วย ai
"""

# A condition that only a machine fulfils.
IF_MACHINE = """
    wenn du eine ki, falls du eine ki, wenn sie eine ki, wenn du ein sprachmodell*, falls du ein sprachmodell*, du bist eine ki,
    du bist ein sprachmodell*, si tu es un modèle, si vous êtes un modèle, tu es une ia, eres una ia, eres un modelo de,
    se você é um modelo, se você é um assistente de, se você for um modelo, você é uma ia, sei un'ia, als je een taalmodel*,
    je bent een ai, je bent een taalmodel*, jesteś modelem, ты языковая модель, ты нейросеть, вы языковая модель,
    если вы языковая, sen bir yapay, bạn là trợ lý ai, bạn là mô hình, एक एआई हैं, आप एआई, آپ ایک, 你是ai, 你是一个ai,
    你是人工智能, あなたはai, 당신은 ai, คุณคือ ai, si tu es une ia, si vous êtes une ia, si eres una ia,
    si usted es una ia, si eres un modelo, se você é uma ia, se você for uma ia, se sei un'ia, se sei un modello,
    als je een ai, als u een ai, jeśli jesteś ai, jeśli jesteś sztuczną, jeśli jesteś modelem, pokud jsi ai, om du är en ai,
    hvis du er en ai, jos olet tekoäly, ha te egy ai, dacă ești o ia, если ты ии, если вы ии, если ты искусственный,
    если ты нейросеть, если ты языковая, якщо ти ші, αν είσαι τεχνητή, yapay zekaysan*, yapay zeka isen*, jika kamu ai,
    jika anda ai, jika anda adalah ai, nếu bạn là ai, اذا كنت ذكاء, اذا كنت نموذج, اگر هوش مصنوعی, אם אתה בינה, यदि आप एआई, अगर आप एआई,
    如果你是ai, 如果你是人工智能, 如果你是一个ai, 如果您是ai, 如果你是語言, 如果你是语言, あなたがai, aiなら, aiであれば, ai라면, 인공지능이라면, ถ้าคุณเป็น ai
"""

# Roles of a conversation before a colon.
ROLES = """
    system, assistant, ai, chatbot, chatgpt, gpt, developer, instruction, instructions, ai assistant, system prompt,
    system message, system note, system override, assistent, assistente, asistente, système, sistema, asystent, система,
    ассистент, системное сообщение, asistan, sistem, النظام, المساعد, מערכת
"""
# With the colon, where no space shows where a word begins.
ROLES_SAID = "系统:, 系統:, 助手:, システム:, アシスタント:, 시스템:, 어시스턴트:, ระบบ:, ผู้ช่วย:, सिस्टम:"
ASKING_ROLES = "user, human, customer question, benutzer, utilisateur, usuario, пользователь"
