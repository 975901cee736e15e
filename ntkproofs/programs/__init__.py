"""Template programs: the language in which they are written, and the programs of the paper.

>>> from ntkproofs.programs import addition
>>> addition(bits=8).samples
32
"""

from ntkproofs.programs.addition import addition, addition_task
from ntkproofs.programs.breadth_first import Search, breadth_first
from ntkproofs.programs.copies import Copies
from ntkproofs.programs.flooding import Network, flooding
from ntkproofs.programs.graphs import Graph
from ntkproofs.programs.language import Bit, DuplicateTemplate, Rows, State, Template, TemplateProgram
from ntkproofs.programs.multiplication import multiplication, multiplication_task
from ntkproofs.programs.permutation import permutation, permutation_task
from ntkproofs.programs.piped_flooding import PipedNetwork, piped_flooding
from ntkproofs.programs.sbn import sbn
from ntkproofs.programs.streams import Stream
from ntkproofs.programs.tasks import Task

__all__ = [
    "Bit",
    "State",
    "Rows",
    "DuplicateTemplate",
    "Template",
    "TemplateProgram",
    "Task",
    "Stream",
    "Copies",
    "permutation",
    "permutation_task",
    "addition",
    "addition_task",
    "multiplication",
    "multiplication_task",
    "sbn",
    "flooding",
    "Network",
    "piped_flooding",
    "PipedNetwork",
    "breadth_first",
    "Search",
    "Graph",
]
