"""Questions that must be answered before anything continues; all of them drop what was typed before they showed."""

from tui.screens.dialogs.ask import AskMoment as AskMoment
from tui.screens.dialogs.ask import AskText as AskText
from tui.screens.dialogs.ask import RollbackReason as RollbackReason
from tui.screens.dialogs.confirm import Confirm as Confirm
from tui.screens.dialogs.confirm import TypeName as TypeName
from tui.screens.dialogs.message import SendMessage as SendMessage
from tui.screens.dialogs.question import Question as Question
from tui.screens.dialogs.resolve import Resolve as Resolve
from tui.screens.dialogs.sign import Sign as Sign
from tui.screens.dialogs.sign import SignResult as SignResult
