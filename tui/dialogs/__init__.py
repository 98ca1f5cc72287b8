"""Questions that must be answered before anything continues; all of them drop what was typed before they showed."""

from tui.dialogs.ask import AskText as AskText
from tui.dialogs.ask import RollbackReason as RollbackReason
from tui.dialogs.confirm import Confirm as Confirm
from tui.dialogs.confirm import TypeName as TypeName
from tui.dialogs.message import SendMessage as SendMessage
from tui.dialogs.message import SentMessage as SentMessage
from tui.dialogs.question import ByHand as ByHand
from tui.dialogs.question import Question as Question
from tui.dialogs.resolve import Resolve as Resolve
from tui.dialogs.sign import Sign as Sign
from tui.dialogs.sign import SignResult as SignResult
