"""What each embedder makes of the same question in other languages: is the English document's place kept?

Eight questions about the standard library, each with the function it is after, asked in eight languages. A language
that a model does not know is answered all the same, with whatever looks alike in its spelling.
"""

from __future__ import annotations

import os

from target_stub.artifacts import Artifacts, cache_folder
from target_stub.config import Config
from target_stub.preparation import Prepared, load, prepare
from tests.benchmarks import paper

EMBEDDERS = ("static", "minilm", "hashing")
LANGUAGES = ("English", "German", "French", "Spanish", "Russian", "Chinese", "Japanese", "Arabic")
QUESTIONS = {
    "copy.deepcopy": (
        "deep copy of an object", "tiefe Kopie eines Objekts", "copie profonde d'un objet",
        "copia profunda de un objeto", "глубокая копия объекта", "对象的深拷贝", "オブジェクトの深いコピー",
        "نسخة عميقة من كائن",
    ),
    "heapq.merge": (
        "merge several sorted inputs into one", "mehrere sortierte Eingaben zusammenführen",
        "fusionner plusieurs entrées triées", "combinar varias entradas ordenadas",
        "объединить несколько отсортированных входов", "合并多个已排序的输入", "複数のソート済み入力を併合する",
        "دمج عدة مدخلات مرتبة",
    ),
    "tempfile.mkdtemp": (
        "create a temporary directory", "ein temporäres Verzeichnis anlegen", "créer un répertoire temporaire",
        "crear un directorio temporal", "создать временный каталог", "创建临时目录", "一時ディレクトリを作成する",
        "إنشاء مجلد مؤقت",
    ),
    "base64.b64encode": (
        "encode bytes with Base64", "Bytes mit Base64 kodieren", "encoder des octets en Base64",
        "codificar bytes con Base64", "закодировать байты в Base64", "用Base64编码字节", "バイト列をBase64で符号化する",
        "ترميز البايتات باستخدام Base64",
    ),
    "shutil.rmtree": (
        "delete a directory tree", "einen Verzeichnisbaum löschen", "supprimer une arborescence de répertoires",
        "eliminar un árbol de directorios", "удалить дерево каталогов", "删除目录树", "ディレクトリツリーを削除する",
        "حذف شجرة مجلدات",
    ),
    "statistics.median": (
        "median of numeric data", "Median numerischer Daten", "médiane de données numériques",
        "mediana de datos numéricos", "медиана числовых данных", "数值数据的中位数", "数値データの中央値",
        "وسيط بيانات رقمية",
    ),
    "textwrap.dedent": (
        "remove common leading whitespace from lines", "gemeinsamen Leerraum am Zeilenanfang entfernen",
        "enlever les espaces communs en début de ligne", "quitar espacios iniciales comunes de las líneas",
        "удалить общие начальные пробелы строк", "删除各行公共的前导空白", "各行に共通する先頭の空白を取り除く",
        "إزالة المسافات البادئة المشتركة من الأسطر",
    ),
    "webbrowser.open": (
        "display a URL in the default browser", "eine URL im Standardbrowser anzeigen",
        "afficher une URL dans le navigateur par défaut", "mostrar una URL en el navegador predeterminado",
        "показать URL в браузере по умолчанию", "在默认浏览器中显示网址", "既定のブラウザでURLを表示する",
        "عرض رابط في المتصفح الافتراضي",
    ),
}  # fmt: skip


def measure(*, quick: bool = False) -> paper.Table:
    """Return the mean reciprocal rank at 10 of the wanted document, by embedder and language."""
    table = paper.Table(("MRR@10 by embedder", *LANGUAGES))
    for name in EMBEDDERS[::2] if quick else EMBEDDERS:
        config = Config(corpus="stdlib", embedder=name, index="exact")
        artifacts = Artifacts(cache_folder(os.environ))
        prepare(config, artifacts, lambda *_: None)
        prepared = load(config, artifacts)
        if prepared is None:
            raise RuntimeError("the corpus changed while it was read")
        means = [_mean(prepared, language) for language in range(len(LANGUAGES))]
        table.add(name, *(f"{mean:.2f}" for mean in means))
    return table


def _mean(prepared: Prepared, language: int) -> float:
    collection = prepared.collection
    ranks = []
    vectors = prepared.embedder.embed([asked[language] for asked in QUESTIONS.values()])
    for wanted, vector in zip(QUESTIONS, vectors, strict=True):
        if collection.get(wanted) is None:
            raise RuntimeError(f"the corpus has no document {wanted}")
        found = [collection[row].id for row, _ in collection.nearest(vector, 10)]
        ranks.append(1 / (1 + found.index(wanted)) if wanted in found else 0.0)
    return sum(ranks) / len(ranks)
