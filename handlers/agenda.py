"""Lists of meetings, and their buttons, which act for whoever presses them."""

from dataclasses import replace

from bot import (
    Call,
    Context,
    Follow,
    Listing,
    Reference,
    Reply,
    Router,
    Row,
    answered_meetings,
    in_period,
    open_invitations,
    read,
    render,
    show,
    write,
)

router = Router()

# How far ahead the portal is asked; a day more than is shown, since its day may begin at another hour.
_WEEK_DAYS = 8
_DAYS = 2


@router.command("meetings")
async def meetings(ctx: Context) -> Reply:
    """List the next seven days."""
    return await _list(ctx, "week", _WEEK_DAYS)


@router.command("today")
async def today(ctx: Context) -> Reply:
    return await _list(ctx, "today", _DAYS)


@router.command("tomorrow")
async def tomorrow(ctx: Context) -> Reply:
    return await _list(ctx, "tomorrow", _DAYS + 1)


@router.command("invitations")
async def invitations(ctx: Context) -> Reply:
    return await show(ctx, "invitations", *await open_invitations(ctx))


async def _list(ctx: Context, period: str, days: int) -> Reply:
    ahead = await read(ctx, days)
    return await show(ctx, period, ahead, in_period(ctx, ahead, period))


# --- buttons


@router.command("row-accept")
async def row_accept(ctx: Context, key: str, row: int) -> Reply:
    return await _answer_row(ctx, key, row, "accept")


@router.command("row-maybe")
async def row_maybe(ctx: Context, key: str, row: int) -> Reply:
    return await _answer_row(ctx, key, row, "maybe")


@router.command("row-decline")
async def row_decline(ctx: Context, key: str, row: int) -> Reply:
    return await _answer_row(ctx, key, row, "decline")


@router.command("row-undo")
async def row_undo(ctx: Context, key: str, row: int) -> Reply:
    return await _answer_row(ctx, key, row, "undo")


@router.command("row-follow")
async def row_follow(ctx: Context, key: str, meeting: Reference, answer: str, before: str) -> Reply:
    """Show in a list what has become of an answer that was on its way when it was shown."""
    reply = await ctx.run(ctx, [Call("confirm-outside", (write(meeting), answer, before))])
    listing = await ctx.store.lists.shown(ctx.portal, key, ctx.now.timestamp())
    if listing is None:
        return reply
    if reply.outcome == "waiting":
        return replace(reply, follows=_of_list(reply, listing))
    return await render(ctx, await _rewritten(ctx, listing, reply, listing.made_at), reply)


@router.command("page")
async def page(ctx: Context, key: str, number: int) -> Reply:
    """Turn to another page; only the list's owner does so for everybody."""
    listing = await _listing(ctx, key)
    if isinstance(listing, Reply):
        return listing
    if listing.user_id != ctx.user_id:
        return ctx.reply("agenda.not-yours", "refused")
    if not 1 <= number <= listing.pages:
        return ctx.reply("agenda.no-page", "refused", pages=listing.pages)
    turned = replace(listing, page=number)
    await ctx.store.lists.rewrite(turned, ctx.now.timestamp())
    return replace(await render(ctx.speaking(listing.language), turned), in_place=True)


async def _listing(ctx: Context, key: str) -> Listing | Reply:
    """Return the list of a button that was pressed; keys of other chats' lists open nothing."""
    listing = await ctx.store.lists.find(ctx.portal, key, ctx.now.timestamp())
    if listing is None or listing.dialog_id != ctx.dialog_id:
        return ctx.reply("agenda.no-list", "refused")
    return listing


async def _answer_row(ctx: Context, key: str, number: int, verb: str) -> Reply:
    """Carry out a button of a row for whoever pressed it, and rewrite the list if it is theirs."""
    listing = await _listing(ctx, key)
    if isinstance(listing, Reply):
        return listing
    if not 1 <= number <= len(listing.on_page):
        return ctx.reply("agenda.no-row", "refused", row=number, rows=len(listing.on_page))
    ctx = ctx.speaking(listing.language)
    reply = await (_undo(ctx, listing, number) if verb == "undo" else _run(ctx, listing, number, verb))
    if listing.user_id != ctx.user_id:
        return replace(reply, language=ctx.language)
    listing = await _rewritten(ctx, listing, reply, ctx.now.timestamp())
    if reply.asks:
        return replace(reply, language=ctx.language)
    return replace(await render(ctx, listing, reply), follows=_of_list(reply, listing))


async def _rewritten(ctx: Context, listing: Listing, reply: Reply, shown_at: float) -> Listing:
    """Return the list with what a reply says of its meetings, and keep it as it was shown at that time, unix seconds."""
    for reference, state in reply.shows:
        listing = listing.answered(reference, state)
    if reply.shows:
        await ctx.store.lists.rewrite(listing, shown_at)
    return listing


def _of_list(reply: Reply, listing: Listing) -> Follow | None:
    """Let the list be rewritten with what an answer outside comes to."""
    follows = next((part.follows for part in (reply.parts or (reply,)) if part.follows), None)
    if follows is None:
        return None
    return replace(follows, asks=Call("row-follow", (listing.shown_as, *follows.asks.words)), adds=None, is_whole=True)


async def _run(ctx: Context, listing: Listing, number: int, verb: str) -> Reply:
    return await ctx.run(ctx, [Call(verb, (write(Row(number, listing.shown_as)),))])


async def _undo(ctx: Context, listing: Listing, number: int) -> Reply:
    """Undo the sender's last command if all that it did was to answer the meeting of this row."""
    change = await ctx.last_change()
    if change is not None:
        answered = answered_meetings(change)
        if not answered or not answered.issubset(listing.on_page[number - 1].stands_for):
            return ctx.reply("undo.not-last", "refused")
    reply = await ctx.run(ctx, [Call("undo")])
    # Confirmed, it is this button once more, so that the list shows the outcome.
    return replace(reply, asks=(ctx.call,)) if reply.asks else reply
