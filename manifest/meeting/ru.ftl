# Как называется встреча. В группе виден только её номер.
number = встреча { $number }
number-and-title = встреча { $number } «{ $title }»
on-day = { $meeting }, { DAY($start, $now) }
at-time = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
at-time-somewhere = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } по времени организатора
whole-series = { $meeting }, вся серия
one-day = { $meeting }, один день серии

accepted = Вы идёте: { $meeting }.
declined = Вы не идёте: { $meeting }.
undecided = Ваш ответ снова открыт: { $meeting }.
already-accepted = Вы уже приняли приглашение, ничего не изменилось: { $meeting }.
already-declined = Вы уже отказались, ничего не изменилось: { $meeting }.
already-undecided = Вы ещё не ответили, ничего не изменилось: { $meeting }.
reset-ask = Отозвать ваш ответ ({ $meeting })? Организатор увидит отказ: других слов для этого у Битрикс24 нет.
no-maybe = Битрикс24 не знает ответа «возможно» и сообщил бы организатору об отказе, поэтому ничего не изменилось: { $meeting }. Можно написать «принять { $number }», «отклонить { $number }» или ответить позже.

status-yes = Вы приняли приглашение: { $meeting }.
status-no = Вы отказались: { $meeting }.
status-open = Вы ещё не ответили: { $meeting }.
status-host = Вы организатор: { $meeting }.

host = Вы организатор ({ $meeting }), отвечать на приглашение не нужно.
unavailable = Не нахожу у вас приглашения с номером { $number }. Проверьте, пожалуйста, номер; ничего не изменилось.
superseded = Это сообщение дошло с опозданием: с тех пор вы ответили иначе ({ $meeting }), и я оставил новый ответ.
not-confirmed = Я записал ваш ответ, но Битрикс24 его не показывает: { $meeting }. Проверьте, пожалуйста, в календаре.

# Слэш-команды и справка.
accept-title = Принять приглашение
accept-params = номер встречи
decline-title = Отказаться от встречи
decline-params = номер встречи
reset-title = Отозвать свой ответ
reset-params = номер встречи
maybe-title = Почему нет ответа «возможно»
maybe-params = номер встречи
meeting-status-title = Показать свой ответ на приглашение
meeting-status-params = номер встречи
