# Как называется встреча. В группе виден только её номер.
number = встреча { $number }
number-and-title = встреча { $number } «{ $title }»
on-day = { $meeting }, { DAY($start, $now) }, весь день
at-time = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
at-clock = { $meeting }, { CLOCK($start) } ({ $zone })
every-day = { $meeting }
at-time-somewhere = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } по времени организатора
whole-series = { $meeting }, вся серия
one-day = { $meeting }, один день серии

accepted = Вы идёте: { $meeting }.
declined = Вы не идёте: { $meeting }.
declined-series = Вы не идёте: { $meeting }. На серию Битрикс24 позволяет мне ответить только целиком; от одного дня можно отказаться в календаре.
undecided = Ваш ответ снова открыт: { $meeting }.
already-accepted = Вы уже приняли приглашение, ничего не изменилось: { $meeting }.
already-declined = Вы уже отказались, ничего не изменилось: { $meeting }.
already-undecided = Вы ещё не ответили, ничего не изменилось: { $meeting }.
reset-ask = Отозвать ваш ответ: { $meeting }? Организатор увидит отказ: других слов для этого у Битрикс24 нет.
no-maybe = Битрикс24 не знает ответа «возможно» и сообщил бы организатору об отказе, поэтому там ничего не изменилось: { $meeting }. Можно написать «принять { $number }», «отклонить { $number }» или ответить позже.

status-yes = Вы приняли приглашение: { $meeting }.
status-no = Вы отказались: { $meeting }.
status-open = Вы ещё не ответили: { $meeting }.
status-host = Вы организатор: { $meeting }.

host = Вы организатор, отвечать на приглашение не нужно: { $meeting }.
unavailable = Не нахожу у вас приглашения с номером { $number }. Проверьте, пожалуйста, номер; ничего не изменилось.
superseded = Это сообщение дошло с опозданием: с тех пор вы ответили иначе, и я оставил новый ответ: { $meeting }.
not-confirmed = Я записал ваш ответ, но Битрикс24 его не показывает: { $meeting }. Проверьте, пожалуйста, в календаре.

other-days-stay = Остальные дни серии остаются принятыми.
changed-days-stay = Дни серии, которые переносили или меняли, остаются принятыми.
changed-since = С тех пор вы изменили ответ, и я его оставил: { $meeting }.

# Вопросы перед ответом и их кнопки.
accept-ask = Принять приглашение: { $meeting }?
accept-button = Принять { $number }
accept-ask-short = Принять { $meeting }?
maybe-ask = Ответить «возможно»: { $meeting }?
maybe-button = Возможно
maybe-ask-short = «Возможно»: { $meeting }?
decline-ask = Отказаться: { $meeting }?
decline-button = Отклонить { $number }
decline-ask-short = Отклонить { $meeting }?
ask-in-both = { $question } В Битрикс24 это { $meeting }.
ask-in-both-short = { $question } (Битрикс24: { $number })

# Те же ответы в двух словах, когда встреч много.
brief = { $number } «{ $title }»
unavailable-short = Нет приглашения: { $number }.
accepted-short = Вы идёте: { $meeting }.
declined-short = Вы не идёте: { $meeting }.
undecided-short = Снова без ответа: { $meeting }.
already-accepted-short = Уже приняли: { $meeting }.
already-declined-short = Уже отказались: { $meeting }.
already-undecided-short = Ещё без ответа: { $meeting }.
reset-ask-short = Передать отказ: { $meeting }?
no-maybe-short = Нет «возможно»: { $meeting }.
status-yes-short = Приняли: { $meeting }.
status-no-short = Отказались: { $meeting }.
status-open-short = Без ответа: { $meeting }.
status-host-short = Вы организатор: { $meeting }.
host-short = Вы организатор: { $meeting }.
superseded-short = Ответили позже: { $meeting }.
changed-since-short = Изменили позже: { $meeting }.
not-confirmed-short = Проверьте: { $meeting }.

# Слэш-команды и справка.
accept-title = Принять приглашение
accept-params = какая встреча
decline-title = Отказаться от встречи
decline-params = какая встреча
reset-title = Отозвать свой ответ
reset-params = какая встреча
maybe-title = Ответить «возможно», где календарь это умеет
maybe-params = какая встреча
meeting-status-title = Показать свой ответ на приглашение
meeting-status-params = какая встреча
accept-which-title = Выбрать приглашение, чтобы принять
decline-which-title = Выбрать приглашение, чтобы отказаться
restore-answer-title = Вернуть прежний ответ
restore-answer-params = какая встреча
about = ответить на приглашение
