"""Names for runs that were given none: two words and a number, easy to say and to tell apart."""

from __future__ import annotations

import os

__all__ = ["random_run_name"]

_FIRST = """
amber ashen azure bold brave brisk calm cheery civic clear clever cobalt copper coral crisp dapper deft dusky eager
early fair fleet fond frank fresh gentle gilded glad golden grand hardy hazel humble indigo ivory jade jolly keen
kind lively loyal lucid lunar mellow merry mild misty modest nimble noble olive opal patient placid plucky polar
proud quick quiet rapid rosy royal ruby rustic sage sandy scarlet serene sharp silent silver sleek smart solar solid
spry stable steady still sunny swift tidy topaz tranquil trusty upbeat velvet vivid warm wise witty young zesty
""".split()  # noqa: SIM905  # a text is easier to read and to add to
_SECOND = """
adder albatross alpaca antelope badger beaver bison bobcat buzzard camel caribou cheetah chough cod condor cormorant
coyote crane cricket curlew deer dingo dolphin dove dunlin eagle egret eider elk falcon ferret finch fox gannet
gazelle gecko gibbon goose grebe grouse gull hare hawk heron hound hyena ibex ibis jackal jay kestrel kite koala
koel lark lemur leopard lion llama loon lynx magpie marmot marten merlin mole moose moth mouse newt ocelot oriole
osprey otter owl panda parrot pigeon pika plover puffin puma quail rabbit raven robin rook seal shrew shrike skua
sloth snipe sparrow stoat stork swan swift tapir teal tern thrush tiger toad trout turtle vole walrus weasel whale
wolf wombat wren yak zebra
""".split()  # noqa: SIM905  # a text is easier to read and to add to


def random_run_name() -> str:
    """A name such as ``quiet-newt-18``; independent of the user's random seeds."""
    number = int.from_bytes(os.urandom(6), "little")
    number, first = divmod(number, len(_FIRST))
    number, second = divmod(number, len(_SECOND))
    return f"{_FIRST[first]}-{_SECOND[second]}-{number % 1000}"
