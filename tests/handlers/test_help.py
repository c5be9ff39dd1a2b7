import re
from dataclasses import replace

import pytest

from bot.dispatch import Dispatcher
from bot.grammar import Understood

QUOTED = re.compile("[“«]([^”»]+)[”»]")
SPOKEN_HELP = [("help", "en"), ("помощь", "ru")]
EXAMPLES = {"en": "For example: ", "ru": "Например: "}
ABOUT = {"en": "help", "ru": "справка"}
UNCERTAIN_ALONE = {"which", "language"}  # what the grammar says of a word that needs something after it


@pytest.mark.parametrize(
    ("said", "head"),
    [
        ("help", "Write to me, or use slash commands:"),
        ("Help!", "Write to me, or use slash commands:"),
        ("?", "Write to me, or use slash commands:"),
        ("please help", "Write to me, or use slash commands:"),
        ("помощь", "Пишите мне словами или слэш-командами:"),
        ("справка.", "Пишите мне словами или слэш-командами:"),
    ],
)
async def test_help_speaks_the_language_of_its_word(ask, portal, said, head):
    reply = await ask(said)

    assert reply.text.startswith(head)
    assert [call.method for call in portal.calls] == ["imbot.v2.Chat.Message.send"]


async def test_slash_help_speaks_the_language_of_the_event(ask, portal):
    assert (await ask("/help")).text.startswith("Write to me")
    portal.options.language = "ru"
    assert (await ask("/help")).text.startswith("Пишите мне")
    assert (await ask("?")).text.startswith("Пишите мне")


@pytest.mark.parametrize(("said", "language"), SPOKEN_HELP)
async def test_help_fits_a_telephone_s_screen(ask, said, language):
    text = (await ask(said)).text

    assert len(text) <= 1_000
    assert len(text.splitlines()) <= 12


@pytest.mark.parametrize(("said", "language"), SPOKEN_HELP)
async def test_help_names_a_word_of_every_command_that_is_understood(ask, said, language):
    lines = (await ask(said)).text.splitlines()[1:-1]
    manifest, grammar = ask.core.parts.manifest, ask.core.parts.grammar
    shown = [line.removeprefix("• ").partition(" — ")[0].split(", ") for line in lines]

    assert len(shown) == len(manifest.app.help)
    for capability, words in zip(manifest.app.help, shown, strict=True):
        commands = [command for command in manifest.capabilities[capability].commands if command.words]
        assert {word for command in commands for word in words if word in command.words[language]} == set(words)
        assert all(set(command.words[language]) & set(words) for command in commands), capability
        for word in words:
            meant = grammar.split(word)
            assert isinstance(meant, Understood) or meant.reason in UNCERTAIN_ALONE, word


async def test_help_shows_a_command_as_soon_as_its_capability_declares_it(ask):
    parts = ask.core.parts
    presence = parts.manifest.capabilities["presence"]
    added = replace(presence.commands[0], name="later", words={"en": ("later", "not now"), "ru": ("позже",)})
    grown = replace(presence, commands=(*presence.commands, added))
    manifest = replace(parts.manifest, capabilities={**parts.manifest.capabilities, "presence": grown})
    ask.inbox._dispatcher = Dispatcher(replace(parts, manifest=manifest))

    assert "• status, online, dnd, away, break, later — your presence" in (await ask("help")).text
    assert "отошёл, перерыв, позже — ваш статус" in (await ask("помощь")).text


@pytest.mark.parametrize(("said", "language"), SPOKEN_HELP)
async def test_examples_of_the_last_line_are_understood(ask, said, language):
    last = (await ask(said)).text.splitlines()[-1]
    examples = [quoted for quoted in QUOTED.findall(last) if " " in quoted]

    assert len(examples) == 4
    assert all(isinstance(ask.core.parts.grammar.split(example), Understood) for example in examples), examples


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("help accept", ["“accept”: Accept a meeting.", "yes, going, ok", "“accept 651”", "“accept next”"]),
        ("Help with accepting", ["I understand “help”, but not what stands after it"]),
        ("help /dnd", ["“dnd”: Do not disturb.", "do not disturb, busy", "“dnd for 45m”", "“dnd until 15:00”"]),
        ("/help language", ["“language”: Choose the language", "“language en”", "“language ru”"]),
        ("справка принять", ["«принять»: Принять", "принимаю, прими", "«принять 651»", "«принять следующую»"]),
        ("помощь обед", ["«перерыв»: Сделать перерыв.", "обед", "«перерыв на 45 минут»"]),
        ("справка нечто", ["«справка» я понимаю, а то, что после, — нет"]),
    ],
)
async def test_help_explains_one_command(ask, portal, said, parts):
    reply = await ask(said)

    for part in parts:
        assert part in reply.text
    assert [call.method for call in portal.calls] == ["imbot.v2.Chat.Message.send"]


@pytest.mark.parametrize(
    ("said", "examples"),
    [
        ("help status", ["“status 651”", "“status”"]),
        ("справка статус", ["«статус 651»", "«статус»"]),
        ("help decline", ["“decline 651”", "“decline”"]),
    ],
)
async def test_word_of_two_commands_is_explained_with_both(ask, said, examples):
    text = (await ask(said)).text

    assert text.count(EXAMPLES["en"]) + text.count(EXAMPLES["ru"]) == 2
    for example in examples:
        assert f"{example}." in text or f"{example}," in text


async def test_examples_of_every_command_are_understood_and_mean_it(ask):
    manifest, grammar = ask.core.parts.manifest, ask.core.parts.grammar
    for command in manifest.commands.values():
        for language, words in command.words.items():
            text = (await ask(f"{ABOUT[language]} {words[0]}")).text
            lines = [line for line in text.splitlines() if line.startswith(EXAMPLES[language])]
            examples = [example for line in lines for example in QUOTED.findall(line)]
            names = set()
            for example in examples:
                meant = grammar.split(example)
                assert isinstance(meant, Understood), example
                names |= {call.name for call in meant.calls}

            assert len(text) <= 1_000
            assert examples
            # "yes" and "no" answer questions; with something after them they are other commands.
            assert command.name in names or command.capability == "confirm", words[0]


async def test_command_behind_buttons_is_nothing_to_explain(ask):
    assert (await ask("/statusbot help row-accept")).text == (await ask("help")).text
    assert (await ask("help row-accept")).text.startswith("I understand “help”")


async def test_help_in_a_group_goes_to_the_group(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))
    reply = await ask(f"[USER={bot_id}]Status Bot[/USER] help", chat=311)

    assert reply.message.dialog_id == "chat311"
