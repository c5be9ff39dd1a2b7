import pytest

from bot.grammar import Understood


@pytest.mark.parametrize(
    ("said", "head"),
    [
        ("help", "Write to me, or use the slash commands:"),
        ("Help!", "Write to me, or use the slash commands:"),
        ("?", "Write to me, or use the slash commands:"),
        ("please help", "Write to me, or use the slash commands:"),
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


@pytest.mark.parametrize(("said", "language"), [("help", "en"), ("помощь", "ru")])
async def test_help_names_every_command_in_words_that_are_understood(ask, said, language):
    lines = (await ask(said)).text.splitlines()[1:-1]
    manifest, grammar = ask.core.parts.manifest, ask.core.parts.grammar
    shown = [line.removeprefix("• ").partition(" — ")[0] for line in lines]

    understood = [grammar.split(words) for words in shown]
    assert all(isinstance(meant, Understood) for meant in understood), shown
    names = [call.name for meant in understood for call in meant.calls]
    spoken = [name for name, command in manifest.commands.items() if command.words]
    assert sorted([*names, "yes", "no", "help"]) == sorted(spoken)
    assert all(meant.language in (language, None) for meant in understood)


async def test_example_of_the_last_line_works(ask):
    last = (await ask("help")).text.splitlines()[-1]

    assert "“accept 651, 652”" in last
    assert isinstance(ask.core.parts.grammar.split("accept 651, 652"), Understood)


async def test_help_in_a_group_goes_to_the_group(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))
    reply = await ask(f"[USER={bot_id}]Status Bot[/USER] help", chat=311)

    assert reply.message.dialog_id == "chat311"
