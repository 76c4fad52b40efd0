# ruff: noqa: E501
"""Words that abuse, for `generator.safety.content_filter`. Data; knows no rules.

The coarse ones are written in ROT13, so that nobody has to read them who works here. `word*` stands for all
that begin so. Not listed: what only sounds angry of a product, and what is an ordinary word in another language
that reviews are written in.
"""

COARSE_ROT13 = """
    shpx*, zbgureshpx*, fuvg, fuvgf, fuvggl, ohyyfuvg, fuvgurnq*, phag*, nffubyr*, nefrubyr*, onfgneq*,
    ovgpu*, qvpxurnq*, jnaxre*, gjng, gjngf, juber*, fyhgf, fyhggl, ergneqrq, snttbg*, avttre*, avttn*,
    xvxr, xvxrf, tbbx, tbbxf, jrgonpx*, enturnq*, gbjryurnq*, cnxvf, nefpuybpu*, nefpuybpure, fpurvff*,
    svpxra, svpxg, uherafbua*, sbgmr*, jvpufre*, zvfftroheg*, xnanxr*, artre, fpuynzcr*, fcnfgv*, pbaaneq*,
    pbaanffr*, fnybcr*, raphyr*, zreqr, avdhr, obhtabhyr*, chgn, chgnf, chgb, uvwbchgn, uvwhrchgn, zvreqn,
    tvyvcbyynf, pnoeba, pnoebarf, znevpba*, craqrwb*, fhqnpn*, fgebamb, fgebamn, fgebamv, pnmmb,
    inssnaphyb, chggnan*, sebpvb, sebpv, zreqn, pbtyvba*, pnenyub, ohprgn, ivnqb, xybbgmnx*, ubre, ubrera,
    tbqireqbzzr, xhej*, puhw*, cvreqby*, wrona*, fxhejlfla*, bebfch*, fvxgve*, voar
"""
COARSE_CYRILLIC = "блять, блядь, бляди*, хуй*, хуев*, пизд*, ебан*, ебать, мудак*, мудил*, пидор*, гандон*"

# Abuse only of a person who is spoken to.
INSULTS = (
    "idiot, idiots, moron, morons, imbecile*, stupid, dumb, dumbass*, loser, losers, pathetic, worthless, scum, trash, "
    "pig, pigs, fool, cretin*, dummkopf, trottel, dumm, blod, idiota*, estupid*, imbecil*, stupide, debile*, cretino, "
    "дурак*, идиот*, тупой, тупая"
)
SPOKEN_TO = "you, your, you're, u, du, dein, deine, tu, ton, eres, sei, jij, ты, вы, your"
THREATS = (
    "kill yourself", "kill you", "hope you die", "burn in hell", "go to hell", "go die", "find you and", "shut up",
    "hurt yourself", "hang yourself", "bring dich um", "fahr zur holle", "va te faire", "vete al infierno",
)  # fmt: skip
