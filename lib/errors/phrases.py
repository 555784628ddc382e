"""What the words of a refusal mean, whichever service said them: patterns, the first that matches decides."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_RATE: Final = (
    r"rate[ _-]?limit|too many requests|throttl|(requests|tokens|queries|calls"
    r"|messages)[ _]per[ _-]?(sec|min|hour|day)"
    r"|per[ _-](second|minute)|\b(rpm|tpm|rpd|tpd|qps)\b|concurren\w+ (request|limit)|请求过于频繁"
)
_CONTEXT: Final = (
    r"context[ _-]?(length|window|size|limit)|(maximum|max|available) context|n_ctx|max_(model|seq)_len"
    r"|(prompt|inputs?|messages?|conversation) (is |are |was |were )?(too (long|large|many tokens)|longer than)"
    r"|too many (input |prompt )?tokens|reduce (the|your) (length|prompt|input)|input token count"
    r"|(prompt|inputs?|input length|input tokens|messages|tokens|sequence)\b[^.]{0,60}\bexceed"
    r"|exceed[^.]{0,40}\b(maximum|max|limit|number)[^.]{0,30}\btokens|must have less than \d+ tokens"
    r"|inputs?\W{1,3}tokens \+|(too large|too long) for (the )?(model|context)|maximum (allowed )?(number of )?input"
    r"|(maximum|max) (prompt length|input (characters|length))|exceeds? (the )?context"
    r"|range of input length|requested [\d,]+ tokens,? but|上下文长度|最大长度"
)
_ABOUT_OUTPUT: Final = r"max_(completion_|output_|new_)?tokens|(completion|output) tokens"
_SENSES: Final = r"images?|vision|pictures?|image_url|visual|multi-?modal\w*|audio|video|files?|pdfs?"
_FEATURES: Final = (
    rf"{_SENSES}|parameters?|tools?|tool[ _]?(use|calls?|choice)|function(s| call\w*)?|response_format|json|stream\w*"
)
_NO: Final = r"(does(n't| not)|do(n't| not)|can(not|'t| not)|is(n't| not)|unable to|not|no)"

_TEXTS: Final = (
    (rf"request too large.*({_RATE})|requested tokens exceed.*({_RATE})", "", "too_large_for_limit"),
    (
        (
            r"v1/responses|not a chat model|not support(ed)? (for |by |with |the )*(v1/)?chat[ /]?completions?\b"
            r"|chat[ _/]?completions?[^.]{0,40}(not support|operation does not work)|is not a chat"
        ),
        "",
        "wrong_endpoint",
    ),
    (
        (
            r"max_(completion_|new_)?tokens.{0,120}(context[ _]?(length|window|size|limit)|n_ctx"
            r"|exceeds? (the )?context)"
            r"|inputs?\W{1,3}tokens \+"
        ),
        "",
        "context_length",
    ),
    (_CONTEXT, rf"{_RATE}|{_ABOUT_OUTPUT}|credits?|quota|mib\b|bytes|\bm[bB]\b|wait before", "context_length"),
    (
        (
            r"(entity|payload|request( body)?|body|content|file|image|audio|upload) (size )?(is |was )?too (large"
            r"|big)"
            r"|exceed[^.]{0,40}(maximum|max|limit|allowed)[^.]{0,30}(request |body "
            r"|payload )?(size|bytes|\bmi?b\b)"
            r"|(body|payload|request|image|file|attachment|upload)[^.]{0,40}(exceeds?|larger than|over|above)"
            r"[^.]{0,30}(size|bytes|\bmi?b\b|\bki?b\b|limit)|body exceeded|(length|size) limit[^.]{0,40} exceeded"
        ),
        rf"tokens|{_RATE}",
        "body_too_large",
    ),
    (
        (
            r"(?<!error )(?<!failed )(?<!while )(\b(model|server|weights?|checkpoint)\b[^.]{0,80}\b(still"
            r"|currently|being)"
            r" (loading|loaded|warming|starting|initiali[sz]ing)|(?<!error )(?<!failed )\bloading (the )?model"
            r"|model[^.]{0,60}\bis (loading|warming up|starting)|cold[ -]?start|still loading|not (yet )?(ready"
            r"|loaded yet))"
        ),
        "",
        "model_loading",
    ),
    (
        (
            r"overload|(at|over|no|insufficient|not enough|out of|exceed\w*|lack\w* of|full|limited|without)"
            r" (\w+ ){0,2}capacity|capacity (is |was |temporarily )*(exceeded|constraints?|full"
            r"|reached|exhausted|limit)"
            r"|(server|service|engine|system|model|backend|upstream|cluster)\w*\b[^.]{0,40}\b(busy|temporarily"
            r"|is down)"
            r"|too busy|no healthy upstream|temporarily (unavailable|out of|at capacity|overloaded)"
            r"|(high|heavy|peak|increased) (demand|load|traffic)|queue (is )?full|no (available )?(workers?"
            r"|slots?|gpus?)"
            r"( |$)|服务器繁忙|系统繁忙|负载"
        ),
        rf"{_RATE}",
        "overloaded",
    ),
    (
        (
            r"(unsupported|unknown|unrecogni[sz]ed|unexpected|invalid) (request )?(parameter"
            r"|field|(?<!invalid )argument"
            r"|keyword)|unsupported ?params"
            rf"|\b({_FEATURES})\b[^.]{{0,60}} requires? (the )?--"
            r"|(parameter|field|argument|property)\b[^.]{0,60}(not supported|unsupported|not permitted"
            r"|not allowed|unknown)"
            r"|(extra|additional) (inputs|fields|properties)[^.]{0,30}not (permitted|allowed)|unsupported value"
            rf"|{_NO} (currently )?(support|accept|process|see|handle|take|read|view|understand|work with)(ed|s)?"
            rf"( for| with| the| any| inputs? of)*[^.]{{0,24}}\b({_FEATURES})\b"
            rf"|\b({_FEATURES})\b[^.]{{0,60}}(not (supported|enabled|allowed|available)|unsupported"
            rf"|cannot be (used|processed))"
            rf"|no endpoints? found that support|mmproj|not (a )?(multi-?modal|vision model)"
            rf"|missing data required for image"
            rf"|unknown variant .?image_url"
            rf"|only (accepts?|supports?|takes?) text|text[- ]only model|auto\W{{0,3}} tool choice requires"
            rf"|\b({_SENSES})\b[^.]{{0,30}}only supported (by|in|for)"
            r"|at most 0 (image|audio)|unsupported (content|part|message) type|requires? a vision model"
        ),
        r"(country|region|territory|location)|unsupported_?media|format",
        "unsupported",
    ),
    (
        (
            r"\bmodels?\b[^.]{0,80}(not found|(does|did)(n't| not) exist|not exist|unknown|no longer|deprecated"
            r"|retired"
            r"|decommissioned|removed|not (valid|recogni[sz]ed|supported|deployed|allowed|accessible|served"
            r"|exist)\b)"
            r"|\b(unknown|invalid|no such|unsupported|unrecogni[sz]ed|nonexistent|could not find( the)?"
            r"|cannot find( the)?"
            r"|not a valid|find no|didn't find) (\w+ )?model|deployment[^.]{0,60}(not exist|not found)"
            r"|no (endpoints?|available|channels?|deployments?|providers?)[^.]{0,40} (found "
            r"|available )?for (the )?(model|\S+/\S+)"
            r"|not have access to (the )?(requested )?model|pulling it first|no model named|模型不存在"
            r"|no models? (is |are )?loaded|model (identifier|id|name)[^.]{0,20}\binvalid\b|^model: \S+$"
        ),
        r"(parameter|field|argument|'[a-z_]+' is not|data policy)",
        "model_not_found",
    ),
    (
        (
            r"(invalid|incorrect|wrong|missing|malformed|expired|revoked|unknown|disabled|inactive|provide( an?)?"
            r"|no valid"
            r"|no|not a valid|bad)( or \w+)? (\w+ )?(api|access|auth\w*|bearer|subscription|secret)[ _-]?(key"
            r"|token|credentials?)"
            r"|(api|access|auth\w*|bearer)[ _-]?(key|token)[^.]{0,30}(not valid|invalid|incorrect|not found"
            r"|expired|missing"
            r"|revoked|disabled|deactivated|required|wrong|malformed|not (exist|provided|set))"
            r"|(no|missing|invalid|provide) (\w+ )?(auth\w*|credentials?)\b( header| credentials?)?|no cookie auth"
            r"|authentication (failed|error|failure|required|fails|is required)|(invalid|incorrect|wrong|missing"
            r"|bad)[ _-](x-)?api[ _-]?key|login (fail|required)"
            r"|^unauthori[sz]ed\W*$"
            r"|^unauthenticated\b|\bkey (has |is |was )?(been )?(expired|revoked|disabled|reported as leaked)"
            r"|(security|session|bearer) token[^.]{0,40}(invalid|expired)|\btoken (is |has "
            r"|was )?(been )?(expired|revoked)"
            r"|could ?n.?t authenticate|(signature|jwt)[^.]{0,20}(invalid|expired)|令牌|无效的令牌"
        ),
        "",
        "bad_key",
    ),
    (
        r"free[- ]models?-per|" + _RATE,
        r"insufficient|balance|current quota|out of credits|payment required",
        "rate_limit",
    ),
    (
        (
            r"insufficient[ _-](\w+[ _-])?(balance|quota|credits?|funds)|exceeded (your|the) (current |monthly "
            r"|included )*"
            r"(quota|credits|budget|limit|usage)|(out of|no|not enough|(run|ran) out of|used (up )?all"
            r"|not have enough|low)"
            r" (\w+ ){0,3}(credits?|balance|funds)\b|balance[^.]{0,30}(too low|exhausted|insufficient|not enough"
            r"|negative"
            r"|depleted|used up|run out|zero)|(credits?|quota|funds|allowance)\b[^.]{0,30}(exhausted|used up"
            r"|depleted"
            r"|insufficient|run out|exceeded|reached|expired)|(spend(ing)?|billing|budget|usage|monthly|credit)"
            r"( hard| usage)? (limit|cap|quota)\b|budget[^.]{0,20}exceeded|exceed[^.]{0,20}(budget|spend)"
            r"|payment required|key limit exceeded|unpaid"
            r"|(account|billing|subscription)[^.]{0,30}(not active|past due|overdue|arrears|suspended|delinquent"
            r"|expired"
            r"|payment)|(add|purchase|buy|top[ -]?up|recharge|more)( \w+){0,2} (credits?|funds|balance)"
            r"|exceed\w* [^.]{0,30}\b(quota|credits|budget)\b|out of (\w+ ){0,3}quota"
            r"|余额不足|欠费|额度"
        ),
        "",
        "quota",
    ),
    (
        (
            r"content (management|filter|policy)|content[_ -]?filter|responsible ?ai|\bmoderat|\bflagged\b"
            r"|safety (system|filter|setting|polic|reason|guard)|usage (polic|guideline)|unsafe (content|prompt"
            r"|input)|violat[^.]{0,40}(polic|guideline)"
            r"|inappropriate content"
            r"|sensitive (content|word|info)|prohibited content|data[ _]inspection|guardrail|(blocked"
            r"|rejected) (by|due to)"
            r"[^.]{0,40}(polic|filter|safety|risk)|harmful content|risk control|content exists risk|敏感|违规"
        ),
        r"data policy",
        "content_filter",
    ),
    (
        (
            r"insufficient permission|missing scopes?|permission|access (is )?(denied|forbidden)|not (have"
            r"|allowed) "
            r"(access|to)|no access|(country|region|territory|location)[^.]{0,30}(not |un)support|not (supported"
            r"|available) "
            r"in your|data policy|\bip( address)?\b[^.]{0,20}(not |white|allow)|not authori[sz]ed to"
        ),
        "",
        "no_permission",
    ),
    (
        (
            r"unexpected endpoint|could not route|no route matched|(unknown|invalid) (endpoint|url"
            r"|path)\b|^cannot post /"
        ),
        "",
        "wrong_address",
    ),
    (
        (
            r"(internal|server)( server)? error\b|failed during generation|\bcuda\b|out of memory"
            r"|\b(model|process|runner|worker|engine) (\w+ )?(crashed|terminated|killed|died)"
        ),
        "",
        "server_error",
    ),
)


@cache
def _compile() -> tuple[tuple[re.Pattern[str], re.Pattern[str] | None, str], ...]:
    """Return the patterns, compiled when the first refusal comes: that takes longer than all other imports here."""
    return tuple(
        (re.compile(pattern, re.IGNORECASE | re.DOTALL), re.compile(unless, re.IGNORECASE) if unless else None, code)
        for pattern, unless, code in _TEXTS
    )


def class_of_text(text: str) -> str | None:
    """Return what the words alone tell, None if they tell nothing."""
    for pattern, unless, code in _compile():
        if pattern.search(text) and not (unless and unless.search(text)):
            return code
    return None
