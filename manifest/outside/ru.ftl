# Как называется событие вне Битрикс24. В группе о нём не показывается ничего.
at-time = «{ $title }» в календаре «{ $calendar }», { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
on-day = «{ $title }» в календаре «{ $calendar }», { DAY($start, $now) }, весь день
nameless = встреча вне Битрикс24
removed-by-declining = { $meeting } (после отказа она исчезнет из «{ $calendar }» насовсем)

# В пути: календарь этого ещё не показывает.
sent-accepted = Ответ «пойду» отправлен, но ещё не подтверждён: { $meeting }. Когда календарь его покажет, я изменю это сообщение.
sent-tentative = Ответ «возможно» отправлен, но ещё не подтверждён: { $meeting }. Когда календарь его покажет, я изменю это сообщение.
sent-declined = Отказ отправлен, но ещё не подтверждён: { $meeting }. Когда календарь его покажет, я изменю это сообщение.
unsure = Cronofy не говорит, дошёл ли ваш ответ: { $meeting }. Я продолжаю смотреть, при необходимости отправлю его ещё раз и изменю это сообщение, когда узнаю.
waiting = Ещё не подтверждено.
not-confirmed = Ответ отправлен, но календарь его не показывает: { $meeting }. Посмотрите, пожалуйста, там.
not-known = Не знаю, дошёл ли ваш ответ; календарь его не показывает: { $meeting }. Посмотрите, пожалуйста, там.
lost = Я больше не вижу, дошёл ли ваш ответ: { $meeting }. Посмотрите, пожалуйста, в своём календаре.

accepted = Вы идёте: { $meeting }.
tentative = Вы, возможно, придёте: { $meeting }.
declined = Вы не идёте: { $meeting }.
removed = Вы не идёте, и встречи больше нет в вашем календаре: { $meeting }.
already-accepted = Вы уже приняли приглашение, ничего не изменилось: { $meeting }.
already-tentative = Вы уже ответили «возможно», ничего не изменилось: { $meeting }.
already-declined = Вы уже отказались, ничего не изменилось: { $meeting }.

status-needs_action = Вы ещё не ответили: { $meeting }.
status-accepted = Вы приняли приглашение: { $meeting }.
status-tentative = Вы ответили «возможно»: { $meeting }.
status-declined = Вы отказались: { $meeting }.
status-unknown = Календарь не говорит, как вы ответили: { $meeting }.

# Вопросы перед ответом и кнопки, которые его дают.
removing-ask = Отказаться? { $meeting }. Этот календарь удаляет встречи, от которых отказались, насовсем: передумать будет нельзя.
moved-ask-accepted = Встречу перенесли с тех пор, как я её показал: { $meeting }. Всё равно принять?
moved-ask-tentative = Встречу перенесли с тех пор, как я её показал: { $meeting }. Всё равно ответить «возможно»?
moved-ask-declined = Встречу перенесли с тех пор, как я её показал: { $meeting }. Всё равно отказаться?
accept-button = Принять
maybe-button = Возможно
decline-button = Отклонить

# Отказы.
unknown = Я уже не знаю, о какой встрече речь, поэтому ничего не изменилось. Напишите «встречи», чтобы получить свежий список.
gone = Этой встречи в вашем календаре больше нет, поэтому ничего не изменилось: { $meeting }.
removed-for-good = После отказа календарь удалил встречу насовсем, вернуть её я не могу: { $meeting }.
superseded = Это сообщение дошло до меня поздно: с тех пор вы ответили иначе, и я это оставил: { $meeting }.
answered-since = С тех пор вы ответили иначе: { $meeting }.
changed-since = С тех пор вы изменили ответ, и я это оставил: { $meeting }.
no-reset = Вне Битрикс24 ответ отозвать нельзя, поэтому ничего не изменилось: { $meeting }. Можно принять приглашение, отказаться или ответить «возможно».
refused = Ваш ответ не принят: { $meeting }. { $why }
barred-deleted = Этой встречи в вашем календаре больше нет, поэтому ничего не изменилось: { $meeting }.
barred-cancelled = Встречу отменили, отвечать не на что: { $meeting }.
barred-over = Встреча уже прошла, поэтому ничего не изменилось: { $meeting }.
barred-calendar-gone = Cronofy больше не показывает мне этот календарь, поэтому ответить я не могу: { $meeting }.
barred-disconnected = Ваш календарь сейчас не пускает Cronofy, поэтому ответить я не могу: { $meeting }. Подключите его, пожалуйста, в Cronofy снова или ответьте в самом календаре.
barred-managed = Эту запись добавило в ваш календарь приложение, поэтому ответа от меня он не примет: { $meeting }. Ответьте, пожалуйста, там.
barred-read-only = Этот календарь можно только читать, поэтому ответить я не могу: { $meeting }. Если можно, ответьте, пожалуйста, там.
barred-not-invited = Вас на это никто не приглашал, поэтому отвечать не на что: { $meeting }.
barred-not-offered = Ответа от меня этот календарь не принимает: { $meeting }. Ответьте, пожалуйста, там.

# Почему у строки списка нет кнопок.
why-deleted = её больше нет
why-cancelled = отменена
why-over = прошла
why-calendar-gone = календаря нет
why-disconnected = не подключён
why-managed = ответ там
why-read-only = только чтение
why-not-invited = ваша запись
why-not-offered = ответ там

# То же в нескольких словах, когда отвечают сразу на многое.
brief = «{ $title }», { DAY($start, $now) }, { CLOCK($start) }
sent-accepted-short = «Пойду» отправлено, не подтверждено: { $meeting }.
sent-tentative-short = «Возможно» отправлено, не подтверждено: { $meeting }.
sent-declined-short = Отказ отправлен, не подтверждён: { $meeting }.
unsure-short = Пока неизвестно: { $meeting }.
not-known-short = Проверьте, пожалуйста: { $meeting }.
not-confirmed-short = Проверьте, пожалуйста: { $meeting }.
accepted-short = Вы идёте: { $meeting }.
tentative-short = Возможно, придёте: { $meeting }.
declined-short = Вы не идёте: { $meeting }.
removed-short = Отказ, встречи больше нет: { $meeting }.
already-accepted-short = Уже принято: { $meeting }.
already-tentative-short = Уже «возможно»: { $meeting }.
already-declined-short = Уже отказ: { $meeting }.
status-needs_action-short = Без ответа: { $meeting }.
status-accepted-short = Приняли: { $meeting }.
status-tentative-short = «Возможно»: { $meeting }.
status-declined-short = Отказались: { $meeting }.
status-unknown-short = Ответ неизвестен: { $meeting }.
removing-ask-short = Отказаться насовсем: { $meeting }?
moved-ask-accepted-short = Перенесли; принять: { $meeting }?
moved-ask-tentative-short = Перенесли; «возможно»: { $meeting }?
moved-ask-declined-short = Перенесли; отказаться: { $meeting }?
gone-short = Её больше нет: { $meeting }.
removed-for-good-short = Удалена насовсем: { $meeting }.
superseded-short = С тех пор отвечено: { $meeting }.
answered-since-short = С тех пор отвечено: { $meeting }.
changed-since-short = С тех пор изменено: { $meeting }.
no-reset-short = Отозвать нельзя: { $meeting }.
refused-short = Не принято: { $meeting }.
barred-deleted-short = Её больше нет: { $meeting }.
barred-cancelled-short = Отменена: { $meeting }.
barred-over-short = Прошла: { $meeting }.
barred-calendar-gone-short = Календаря больше нет: { $meeting }.
barred-disconnected-short = Календарь не подключён: { $meeting }.
barred-managed-short = Ответьте, пожалуйста, там: { $meeting }.
barred-read-only-short = Только чтение: { $meeting }.
barred-not-invited-short = Ваша запись: { $meeting }.
barred-not-offered-short = Ответьте, пожалуйста, там: { $meeting }.

answer-outside-title = Ответить на встречу вне Битрикс24
answer-outside-params = какая встреча
reset-outside-title = Почему ответ вне Битрикс24 остаётся
reset-outside-params = какая встреча
status-outside-title = Показать ответ вне Битрикс24
status-outside-params = какая встреча
restore-outside-title = Вернуть прежний ответ вне Битрикс24
restore-outside-params = какая встреча
confirm-outside-title = Посмотреть, дошёл ли ответ
confirm-outside-params = какая встреча
about = ответить на приглашения в календарях вне Битрикс24
