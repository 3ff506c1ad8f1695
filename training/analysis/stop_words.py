"""Words that say nothing about a subject."""

_ENGLISH = """
about above across after again against ain all almost alone along already also although always am among an
and another any anybody anyone anything anyway are aren around as ask at away back be became because become
been before behind being below beside between both but by can cannot come could couldn did didn do does
doesn doing don done down during each either else enough even ever every everybody everyone everything few
find first for from further gave get gets getting give given go goes going gone gonna good got great had
hadn happen happy has hasn have haven having he hello help her here hers herself hey him himself his how
however if in into is isn it its itself just keep kind know last least less let like little long look
looking lot made make many may maybe me might mine more most much must my myself need needs never new next
no nobody none nope nor not nothing now of off often okay on once one only onto or other others otherwise
our ours ourselves out over own per perfect perhaps please possible put quite rather re really right same
say says see seem seems several shall she should shouldn since so some somebody someone something sometimes
soon still stuff such sure take tell than thank thanks that the their theirs them themselves then there
therefore these they thing things think this those though through thus time to today together told too
toward tried try trying two under unless until up upon us use used using very via want wanted wants was wasn
way we well were weren what whatever when where whether which while who whole whom whose why will with
within without won wont would wouldn yeah yes yet you your yours yourself yourselves don't doesn't didn't
isn't aren't wasn't im ive ill youre thats whats cant wont dont didnt doesnt
"""

_CHINESE = """
一个 一些 一下 一样 一直 一种 一定 一般 一起 一点 不是 不会 不能 不要 不过 不用 不想 与其
而且 并且 为了 为什么 什么 什么样 什么时候 怎么 怎么样 怎样 如何 哪里 哪个 哪些 哪儿 那个
那些 那么 那里 那儿 这个 这些 这么 这样 这里 这儿 那样 你们 我们 他们 她们 它们 咱们 大家
自己 别人 人家 您好 你好 谢谢 感谢 再见 不客气 没关系 对不起 不好意思 请问 麻烦 好的 好吧
好啊 好呀 可以 可能 能够 应该 需要 想要 觉得 认为 知道 告诉 帮忙 帮我 看看 一会 一会儿 现在
已经 还是 还有 还要 或者 或是 因为 所以 因此 但是 可是 然而 虽然 如果 要是 只要 只有 除了
关于 对于 根据 按照 通过 以及 及其 其他 其中 其实 就是 就会 就要 都是 都有 是不是 有没有
能不能 可不可以 是否 的话 时候 之后 以后 之前 以前 然后 接着 最后 首先 非常 十分 特别 比较
更加 很多 许多 有点 有些 没有 有的 真的 确实 当然 一共 总共 左右 多少 几个 几点 今天 明天
昨天 东西 事情 问题 情况 方面 这边 那边 进行 使用 以上 以下 之间 来说 来看 起来 出来 出去
回来 过来 过去 下来 上来
"""

ENGLISH, CHINESE = frozenset(_ENGLISH.split()), frozenset(_CHINESE.split())
