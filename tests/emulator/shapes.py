"""Which keys the portal sends, block by block, as listed in the contract (its sections stand in brackets)."""

# Top-level auth of an event with everything (E.2).
AUTH = frozenset(
    """
    access_token expires expires_in scope domain server_endpoint status client_endpoint member_id user_id
    refresh_token application_token
    """.split()
)

# Of a hit without a user, and of ONAPPUNINSTALL (A.4, E.2).
AUTH_WITHOUT_USER = frozenset(
    """
    domain server_endpoint client_endpoint member_id application_token
    """.split()
)

# `data[message]`, with nulls (E.3).
MESSAGE = frozenset(
    """
    id chatId chat_id authorId author_id date text isSystem uuid forward viewedByOthers
    """.split()
)

# `data[chat]`, with nulls (E.3).
CHAT = frozenset(
    """
    avatar color description dialogId diskFolderId entityData1 entityData2 entityData3 entityId entityType
    extranet containsCollaber id parentChatId parentMessageId name owner messageType type entityLink permissions
    isNew textFieldEnabled backgroundId
    """.split()
)

# `data[user]` (E.3).
USER = frozenset(
    """
    id active name firstName lastName workPosition color avatar gender birthday extranet bot connector
    externalAuthId status idle lastActivityDate mobileLastDate desktopLastDate absent departments phones type
    website email
    """.split()
)

# A stored command button (D.5).
BUTTON = frozenset(
    """
    BOT_ID TYPE COMMAND COMMAND_PARAMS TEXT VOTE BLOCK WAIT CONTEXT DISABLED DISPLAY BG_COLOR_TOKEN
    """.split()
)

# An entry of `data[BOT]` (F.2).
BOT_V1 = frozenset(
    """
    access_token expires expires_in scope domain server_endpoint status client_endpoint member_id refresh_token
    user_id client_id application_token AUTH BOT_ID BOT_CODE
    """.split()
)

# An entry of `data[COMMAND]` (F.2).
COMMAND_V1 = frozenset(
    """
    access_token expires expires_in scope domain server_endpoint status client_endpoint member_id refresh_token
    user_id client_id application_token AUTH BOT_ID BOT_CODE COMMAND COMMAND_ID COMMAND_PARAMS COMMAND_CONTEXT
    MESSAGE_ID
    """.split()
)

# `data[PARAMS]` of a private message (F.2).
PARAMS_V1_PRIVATE = frozenset(
    """
    MESSAGE TEMPLATE_ID MESSAGE_TYPE FROM_USER_ID DIALOG_ID TO_CHAT_ID AUTHOR_ID SYSTEM TO_USER_ID PUSH
    PUSH_IMPORTANT RECENT_SKIP_AUTHOR CONVERT SKIP_COMMAND SKIP_COUNTER_INCREMENTS SILENT_CONNECTOR
    SKIP_CONNECTOR IMPORTANT_CONNECTOR NO_SESSION_OL FAKE_RELATION SKIP_URL_INDEX COMMAND_CONTEXT
    CHAT_USER_COUNT PLATFORM_CONTEXT MESSAGE_ID CHAT_TYPE LANGUAGE
    """.split()
)

# `data[PARAMS]` of a group message (F.2).
PARAMS_V1_GROUP = frozenset(
    """
    MESSAGE TEMPLATE_ID MESSAGE_TYPE FROM_USER_ID DIALOG_ID TO_CHAT_ID AUTHOR_ID SYSTEM CHAT_ID CHAT_PARENT_ID
    CHAT_PARENT_MID CHAT_TITLE CHAT_AUTHOR_ID CHAT_TYPE CHAT_AVATAR CHAT_COLOR CHAT_ENTITY_TYPE CHAT_ENTITY_ID
    CHAT_ENTITY_DATA_1 CHAT_ENTITY_DATA_2 CHAT_ENTITY_DATA_3 CHAT_EXTRANET CHAT_PREV_MESSAGE_ID CHAT_CAN_POST
    RID IS_MANAGER PUSH PUSH_IMPORTANT RECENT_SKIP_AUTHOR CONVERT SKIP_COMMAND SKIP_COUNTER_INCREMENTS
    SILENT_CONNECTOR SKIP_CONNECTOR IMPORTANT_CONNECTOR NO_SESSION_OL FAKE_RELATION SKIP_URL_INDEX
    COMMAND_CONTEXT CHAT_USER_COUNT MENTIONED_LIST PLATFORM_CONTEXT MESSAGE_ORIGINAL TO_USER_ID MESSAGE_ID
    LANGUAGE
    """.split()
)

# `data[PARAMS]` of a command in a private chat (F.2).
PARAMS_V1_COMMAND = frozenset(
    """
    MESSAGE TEMPLATE_ID MESSAGE_TYPE FROM_USER_ID DIALOG_ID TO_CHAT_ID AUTHOR_ID SYSTEM TO_USER_ID
    SKIP_USER_CHECK PUSH PUSH_IMPORTANT RECENT_SKIP_AUTHOR CONVERT SKIP_COMMAND SKIP_COUNTER_INCREMENTS
    SILENT_CONNECTOR SKIP_CONNECTOR IMPORTANT_CONNECTOR NO_SESSION_OL FAKE_RELATION SKIP_URL_INDEX RECENT_ADD
    MESSAGE_ID CHAT_TYPE LANGUAGE
    """.split()
)

# `data[PARAMS]` of a command in a group (F.2).
PARAMS_V1_GROUP_COMMAND = frozenset(
    """
    MESSAGE TEMPLATE_ID MESSAGE_TYPE FROM_USER_ID DIALOG_ID TO_CHAT_ID AUTHOR_ID SYSTEM CHAT_ID CHAT_PARENT_ID
    CHAT_PARENT_MID CHAT_TITLE CHAT_AUTHOR_ID CHAT_TYPE CHAT_AVATAR CHAT_COLOR CHAT_ENTITY_TYPE CHAT_ENTITY_ID
    CHAT_ENTITY_DATA_1 CHAT_ENTITY_DATA_2 CHAT_ENTITY_DATA_3 CHAT_EXTRANET CHAT_PREV_MESSAGE_ID CHAT_CAN_POST
    RID IS_MANAGER BOT_IN_CHAT SKIP_USER_CHECK PUSH PUSH_IMPORTANT RECENT_SKIP_AUTHOR CONVERT SKIP_COMMAND
    SKIP_COUNTER_INCREMENTS SILENT_CONNECTOR SKIP_CONNECTOR IMPORTANT_CONNECTOR NO_SESSION_OL FAKE_RELATION
    SKIP_URL_INDEX RECENT_ADD MESSAGE_ID LANGUAGE
    """.split()
)

# `data[USER]` of a message (F.2).
USER_V1 = frozenset(
    """
    ID NAME FIRST_NAME LAST_NAME WORK_POSITION GENDER IS_BOT IS_CONNECTOR IS_NETWORK IS_EXTRANET
    """.split()
)

# A calendar entry as its people see it (G.3).
ENTRY = frozenset(
    """
    ID PARENT_ID DELETED CAL_TYPE OWNER_ID NAME DATE_FROM DATE_TO ORIGINAL_DATE_FROM TZ_FROM TZ_TO
    TZ_OFFSET_FROM TZ_OFFSET_TO DATE_FROM_TS_UTC DATE_TO_TS_UTC DT_SKIP_TIME DT_LENGTH EVENT_TYPE CREATED_BY
    DATE_CREATE TIMESTAMP_X DESCRIPTION PRIVATE_EVENT ACCESSIBILITY IMPORTANCE IS_MEETING MEETING_STATUS
    MEETING_HOST MEETING LOCATION REMIND COLOR RRULE EXDATE DAV_XML_ID G_EVENT_ID DAV_EXCH_LABEL CAL_DAV_LABEL
    VERSION ATTENDEES_CODES RECURRENCE_ID RELATIONS SECTION_ID SYNC_STATUS UF_CRM_CAL_EVENT UF_WEBDAV_CAL_EVENT
    SECTION_DAV_XML_ID DATE_FROM_FORMATTED DATE_TO_FORMATTED SECT_ID ATTENDEE_LIST COLLAB_ID attendeesEntityList
    ~DESCRIPTION ~USER_OFFSET_FROM ~USER_OFFSET_TO
    """.split()
)

# The same for others (G.3).
ENTRY_BUSY = frozenset(
    """
    ID PARENT_ID DELETED CAL_TYPE OWNER_ID NAME DATE_FROM DATE_TO ORIGINAL_DATE_FROM TZ_FROM TZ_TO
    TZ_OFFSET_FROM TZ_OFFSET_TO DATE_FROM_TS_UTC DATE_TO_TS_UTC DT_SKIP_TIME DT_LENGTH EVENT_TYPE CREATED_BY
    DATE_CREATE TIMESTAMP_X PRIVATE_EVENT ACCESSIBILITY IMPORTANCE IS_MEETING MEETING_STATUS MEETING_HOST
    MEETING COLOR RRULE EXDATE DAV_XML_ID G_EVENT_ID DAV_EXCH_LABEL CAL_DAV_LABEL VERSION RECURRENCE_ID
    RELATIONS SECTION_ID SYNC_STATUS SECTION_DAV_XML_ID DATE_FROM_FORMATTED DATE_TO_FORMATTED SECT_ID COLLAB_ID
    ~USER_OFFSET_FROM ~USER_OFFSET_TO IS_ACCESSIBLE_TO_USER
    """.split()
)

# An entry of calendar.event.get.nearest by the source (G.5).
ENTRY_NEAREST = frozenset(
    """
    ID PARENT_ID DELETED CAL_TYPE OWNER_ID NAME DATE_FROM DATE_TO ORIGINAL_DATE_FROM DATE_FROM_TS_UTC
    DATE_TO_TS_UTC DT_SKIP_TIME DT_LENGTH EVENT_TYPE CREATED_BY DATE_CREATE TIMESTAMP_X DESCRIPTION
    PRIVATE_EVENT ACCESSIBILITY IMPORTANCE IS_MEETING MEETING_STATUS MEETING_HOST MEETING LOCATION REMIND COLOR
    RRULE EXDATE DAV_XML_ID G_EVENT_ID DAV_EXCH_LABEL CAL_DAV_LABEL VERSION ATTENDEES_CODES RECURRENCE_ID
    RELATIONS SECTION_ID SYNC_STATUS UF_CRM_CAL_EVENT UF_WEBDAV_CAL_EVENT SECTION_DAV_XML_ID DATE_FROM_FORMATTED
    DATE_TO_FORMATTED SECT_ID ATTENDEE_LIST COLLAB_ID attendeesEntityList ~DESCRIPTION ~USER_OFFSET_FROM
    ~USER_OFFSET_TO DT_FROM_TS DT_TO_TS ~FROM_TO_HTML ~WEEK_DAY
    """.split()
)

# An entry of calendar.accessibility.get (G.6).
ENTRY_TAKEN = frozenset(
    """
    ID NAME DATE_FROM DATE_TO DATE_FROM_TS_UTC DATE_TO_TS_UTC ~USER_OFFSET_FROM ~USER_OFFSET_TO DT_SKIP_TIME
    TZ_FROM TZ_TO ACCESSIBILITY IMPORTANCE EVENT_TYPE
    """.split()
)

# calendar.user.settings.get (G.6).
SETTINGS = frozenset(
    """
    view meetSection crmSection showDeclined denyBusyInvitation collapseOffHours showWeekNumbers showTasks
    syncTasks showCompletedTasks lastUsedSection sendFromEmail defaultSections syncPeriodPast syncPeriodFuture
    defaultReminders timezoneName timezoneOffsetUTC timezoneDefaultName work_time_start work_time_end
    """.split()
)

# A bot (D.1).
BOT = frozenset(
    """
    id code type isHidden isSupportOpenline isReactionsEnabled backgroundId language moduleId eventMode
    countMessage countCommand countChat countUser
    """.split()
)

# A listed command (D.2).
COMMAND = frozenset(
    """
    id botId command title params common hidden extranetSupport category context
    """.split()
)

# app.info of the portal (A.3).
APP_INFO = frozenset(
    """
    ID CODE VERSION STATUS INSTALLED PAYMENT_EXPIRED DAYS LANGUAGE_ID LICENSE LICENSE_TYPE LICENSE_FAMILY
    """.split()
)

# `time` of a success (C.2).
TIME = frozenset(
    """
    start finish duration processing date_start date_finish operating_reset_at operating
    """.split()
)

# An answer to a code (B.2).
TOKENS = frozenset(
    """
    access_token client_endpoint domain expires_in member_id refresh_token scope server_endpoint status
    """.split()
)
