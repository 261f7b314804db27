"""The open sources of `everyday`: addresses, checksums and attribution.

Those whose sentences may be shipped as text come first, because a sentence of several sources
belongs to the first.
"""

from explorer.text import cleaning
from explorer.text.named_corpus import RemoteFile, Source

_RAW = "https://raw.githubusercontent.com/"
_COMVE = "wangcunxiang/SemEval2020-Task4-Commonsense-Validation-and-Explanation"
_ACCOMPANYING = ("LICENSE", "_about.txt", "labels.txt")  # without sentences


def _pinned(
    folder: str,
    repository: str,
    commit: str,
    *pinned: tuple[str, int, str],
    saved_as: str = "{}",
    format: str = "lines",
    columns: tuple[int | str, ...] = (0,),
) -> tuple[RemoteFile, ...]:
    """Files of a repository at a commit, each with path, bytes and checksum."""
    files = []
    for path, size, sha256 in pinned:
        name = path.rsplit("/", 1)[-1]
        files.append(
            RemoteFile(
                f"{_RAW}{repository}/{commit}/{path}",
                "everyday",
                sha256,
                size,
                file=f"{folder}/{saved_as.format(name)}",
                format="" if name in _ACCOMPANYING else format,
                columns=columns,
            )
        )
    return tuple(files)


SOURCES = (
    Source(
        name="commonvoice",
        title="Common Voice, the English sentences to read",
        licence="CC0 1.0",
        address="https://commonvoice.mozilla.org",
        label="read-aloud",
        files=_pinned(
            "commonvoice",
            "mozilla/voice-web",
            "e0bfbc4be9eb6a97f7dd92eb938200f09f04ba96",
            (
                "server/data/en/DNGros.txt",
                21153,
                "d21c9183327c2a21fabef0add2f366ea4e63d19e823e3728b7ea1a2465fd9673",
            ),
            (
                "server/data/en/RLarissa.txt",
                1460,
                "b42ce85ad34dfa5e504c02b3eb703248b973e7f94223cb70b560a50e4b76aa15",
            ),
            (
                "server/data/en/activate.txt",
                893,
                "6d438d4d32a55bd2fba3dcd83be560e2413de150d62d6ecda653c82fb7757793",
            ),
            (
                "server/data/en/ajaydee.txt",
                25176,
                "5c76e5c6baab9e7546b62f0ca2bf7987bfbad73c2abda899627fa47c35c56295",
            ),
            (
                "server/data/en/bavencope.txt",
                6830,
                "b9a6e84d4bf2d1c5069562a92368d5ad13bd3c4fb4a08b4b0ffbd4c3de0a61a7",
            ),
            (
                "server/data/en/elleo.txt",
                19347,
                "5de742690b7e389bb1b0388466ef44dcac84f5d0ccf194244309e8bff5d06fa2",
            ),
            (
                "server/data/en/est31.txt",
                12003,
                "7278f16bba6fafb036687722c80044385332a75acbf41a16c946c1a5226203b9",
            ),
            (
                "server/data/en/harvsents.txt",
                29054,
                "6d11a74e46a93b9463c25843d5a1f33ffcdf299a721b35b01f32dd8dc3bea657",
            ),
            (
                "server/data/en/james_fortune.txt",
                4879,
                "1803a9335ab9663d8f856b869faba61584191c87fbce5825070874ebbb5ec94f",
            ),
            (
                "server/data/en/jf99.txt",
                61368,
                "0c2bcb8ad553d1f956b36a276a1f76749f4da808175fb375b8ce91af7e23933c",
            ),
            (
                "server/data/en/kieran_drew.txt",
                1615,
                "062e6a5a30ed5475aafbe7945d41e5ee88aa5b26c52f7a9130156bbebbdd1137",
            ),
            (
                "server/data/en/mlennox.txt",
                4942,
                "8e397def2948b9701994213f4583d1a8ae974b2fe17b6a5debdeb0aa31049609",
            ),
            (
                "server/data/en/pro.gadget.txt",
                11906,
                "1484fd31ae31627e774659004aed18c9e31a7098e66d8826bd1d687935028b7f",
            ),
            (
                "server/data/en/reinhart1010.txt",
                11270,
                "6a085a2f3058b178f86bf1e099e2b4364525eaeb484134dc0895aa951edae5bf",
            ),
            (
                "server/data/en/sentence-collector.txt",
                2111103,
                "b6ce74b7e7763b3630757fa837664425fcce348bf0488dbe05b35a1c195114e2",
            ),
            (
                "server/data/en/thehowl.txt",
                2983,
                "85ad5098e647641471d0fd19e28cb874847af2466ec569ebcfa46b06257b644b",
            ),
            (
                "server/data/en/tlcoles.txt",
                2860,
                "014f7795a2b8ca5ea6877c5d970de612b7426f4ad8043e44ea6d0c9923a4bcae",
            ),
            (
                "server/data/en/tww.id.au.proverbs.txt",
                17863,
                "630df2a5d0e7c971086871135d27d6e66263635af96225c1189ca00f03406239",
            ),
            (
                "server/data/en/LICENSE",
                6556,
                "bf474cdfd02e162603358e4e3615182018cad27593d2bf5e75ca13e4a5a6af0c",
            ),
        ),
        shippable=True,
    ),
    Source(
        name="tatoeba_fra",
        title="Tatoeba, by way of manythings.org/anki (French–English, 2016)",
        licence="CC BY 2.0 FR",
        address="https://tatoeba.org",
        label="general",
        files=_pinned(
            "tatoeba_fra",
            "pjIowa/Babel",
            "c90bee84527593cb9c87e7659ff134808574ebde",
            (
                "fra-eng/eng.txt",
                3528059,
                "bc69eacc402a804e089a7c2bf1fffdef42bc43b7e3f7af7dcf630c6676ba82ec",
            ),
            (
                "fra-eng/_about.txt",
                1442,
                "972de01e815157f34399349ab835c939538991bbed4743d9bf3454a1fb616dec",
            ),
            format="tsv",
        ),
        shippable=True,
    ),
    Source(
        name="clinc150",
        title="CLINC150",
        licence="CC BY 3.0",
        address="https://github.com/clinc/oos-eval",
        label="requests",
        files=_pinned(
            "clinc150",
            "clinc/oos-eval",
            "828f8093932c8fe6ca7936c3d2e52903b1c523de",
            (
                "data/data_full.json",
                2495390,
                "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0",
            ),
            ("LICENSE", 19467, "e6bc9e9c474700b708f568bac9e5a8a9bcb2b1dad53442f5ba449fcb848b8e76"),
            format="json",
        ),
        shippable=True,
    ),
    Source(
        name="banking77",
        title="Banking77",
        licence="CC BY 4.0",
        address="https://github.com/PolyAI-LDN/task-specific-datasets",
        label="requests",
        files=_pinned(
            "banking77",
            "PolyAI-LDN/task-specific-datasets",
            "57ec275d8078af65b7731c2a98be812d844a6d6b",
            (
                "banking_data/train.csv",
                839073,
                "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
            ),
            format="csv",
            columns=("text",),
        ),
        shippable=True,
        limit=5000,
    ),
    Source(
        name="slurp",
        title="SLURP",
        licence="CC BY 4.0",
        address="https://github.com/pswietojanski/slurp",
        label="requests",
        files=_pinned(
            "slurp",
            "pswietojanski/slurp",
            "8eb16545762be97ace75334109d73824217311f1",
            (
                "dataset/lm/lm.txt",
                987933,
                "295a336c38481b954e23ba42c81b944d48119af7d013eccff456338dd619d754",
            ),
        ),
        shippable=True,
    ),
    Source(
        name="tatoeba_marmooo",
        title="graded-enja-corpus (Tanaka Corpus, Tatoeba)",
        licence="CC BY-SA 4.0",
        address="https://github.com/marmooo/graded-enja-corpus",
        label="general",
        files=_pinned(
            "tatoeba_marmooo",
            "marmooo/graded-enja-corpus",
            "e8d2b943f02f87289666ed1f1761fae68edfda27",
            (
                "dist/hard/10.tsv",
                852657,
                "0aaefd4936ccf1504f9caec332f8074d30dc503e42cfc897d01892ad80af8fe3",
            ),
            (
                "dist/hard/12.tsv",
                981655,
                "503dec17d0efe69606f5bed183de93f92ebf4938f43847cb42fb3f8379d7c7ce",
            ),
            (
                "dist/hard/14.tsv",
                1336824,
                "ae09f9f4fb24b23832aa7df088cd9c1ba51bd0ceaa75fb5c6718793d1c512a5f",
            ),
            saved_as="hard_{}",
            format="tsv",
        ),
    ),
    Source(
        name="tatoeba_pol",
        title="Tatoeba, by way of manythings.org/anki (Polish–English, 2023)",
        licence="CC BY 2.0 FR",
        address="https://tatoeba.org",
        label="general",
        files=_pinned(
            "tatoeba_pol",
            "1p22geo/tensorflow-chat",
            "21f96d491ed91a7fa00f6112d4df695e37a0783d",
            (
                "pol.txt",
                2786710,
                "eb18818e005e8a642a2641f05340ba93df8c5bc55f899d939ef4577633e54ba5",
            ),
            format="tsv",
        ),
    ),
    Source(
        name="snli",
        title="SNLI, hypotheses of the development and test sets",
        licence="CC BY-SA 4.0",
        address="https://nlp.stanford.edu/projects/snli",
        label="scenes",
        files=_pinned(
            "snli_hyp_devtest",
            "OanaMariaCamburu/e-SNLI",
            "7b585a3f077fdea899780eb0473940522ae44a2e",
            (
                "dataset/eSNLI/s2.dev",
                400948,
                "a8c59709630b64ba103f7784c0cb7104a6baf23234562487264d9634714f5d2b",
            ),
            (
                "dataset/eSNLI/s2.test",
                398274,
                "1174f3ad30a3c30fc0f9eeffc1b3b6a79e0514026c5a658968a8e2a324b311a1",
            ),
        ),
        texts=cleaning.running,
    ),
    Source(
        name="comve",
        title="ComVE (SemEval-2020 Task 4), statements that make sense",
        licence="CC BY-SA 4.0",
        address=f"https://github.com/{_COMVE}",
        label="common-sense",
        files=_pinned(
            "comve",
            _COMVE,
            "c55b1a9e6cb66997675f85073e17a9522cf38c2c",
            (
                "ALL%20data/train.csv",
                2962318,
                "a850e53f066697943220a5e2a01c732f929833717f7af9982b0ec81835ed19f8",
            ),
            format="csv",
            columns=("Correct Statement", "Right Reason1", "Right Reason2", "Right Reason3"),
        ),
    ),
    Source(
        name="personachat",
        title="Persona-Chat, validation set",
        licence="CC BY 4.0",
        address="https://parl.ai/projects/personachat",
        label="small-talk",
        files=_pinned(
            "personachat",
            "bzylich/persona-chatbot",
            "9e4ba8ffb390ab2caf21f2e77e3efa27ddc51261",
            (
                "data/valid_both_original_no_cands.txt",
                1288233,
                "51a08faeb174c37c2695f22780bb1b6f12a56865cd0bd98b06dd0c6e95adb956",
            ),
            format="tsv",
            columns=(0, 1),
        ),
        texts=cleaning.dialogue,
    ),
    Source(
        name="goemotions",
        title="GoEmotions",
        licence="CC BY 4.0",
        address="https://github.com/google-research/google-research/tree/master/goemotions",
        label="comments",
        files=_pinned(
            "goemotions",
            "monologg/GoEmotions-pytorch",
            "b75f9d3a8b76bc1060687925b04ca98a1b8ea66b",
            (
                "data/original/train.tsv",
                3519053,
                "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
            ),
            (
                "data/original/dev.tsv",
                439059,
                "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
            ),
            (
                "data/original/test.tsv",
                436706,
                "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4",
            ),
            (
                "data/original/labels.txt",
                248,
                "45c3ef86782d2a4d7fedcd6d8c111aa0d0e94720689bd164fac94fefb4495a89",
            ),
            format="tsv",
            columns=(0, 1),
        ),
        texts=cleaning.comments,
    ),
)
"""The sources of `everyday`, in the order of its rows."""
