"""What a model takes for out of distribution, on real sentences."""

import pytest
import torch

from mtl.data.bundled import bundled_files
from mtl.data.examination import load_rows
from mtl.model.languages import LanguageDirections, language_directions
from mtl.model.out_of_distribution import OutOfDistribution

STRANGE = (
    "Das Essen war wirklich schlecht und viel zu teuer.",
    "¿Dónde está la estación de tren?",
    "Pouvez-vous fermer la fenêtre ?",
    "Gdzie jest najbliższa apteka?",
    "この映画はとても面白かったです。",
    "asdf jkl qwe rty",
    "lkjasdf",
    "12345 67890",
    "...",
    "SELECT * FROM users WHERE id = 7;",
)
USUAL = (
    "The waiter never came back with our drinks.",
    "Where do you keep the spare keys?",
    "Put the boxes in the corner, please.",
    "The acting is superb from start to finish.",
    "What a terrible mess you have made!",
    "we leave at noon tomorrow",
)


ENGLISH = (
    "Hi there, everyone!",
    "cheers mate",
    "They won, they really won!!!",
    "42",
    "Ms Okafor flew from Addis Ababa to Kraków.",
    "I rang on Monday, on Tuesday, and again on Friday, and each time another person told me that the part "
    "had left the warehouse that very morning. It had not. When it came at last, it was the wrong one, so I "
    "sent it back and bought another from the shop around the corner, which took ten minutes.",
)
SPANISH = (
    "Quiero cambiar mi contraseña, por favor.",
    "No me llega la factura de este mes.",
    "¿Cuándo abre la oficina los sábados?",
    "El repartidor dejó el paquete en la puerta.",
    "La aplicación se cierra cada vez que la abro.",
    "Necesito hablar con una persona de verdad.",
    "¿Dónde puedo ver el estado de mi pedido?",
    "Me han cobrado dos veces la misma cosa.",
)


@pytest.fixture(scope="module")
def languages(encoder):
    return language_directions(encoder.fingerprint)


@pytest.fixture(scope="module")
def embed(encoder):
    return lambda texts: encoder.layer_embeddings(encoder.tokenize(texts))


@pytest.fixture(scope="module")
def rows(embed):
    texts = [*load_rows(bundled_files()["sentiment"], "sentiment").texts[:600]]
    texts += load_rows(bundled_files()["intent"], "intent").texts[:600]
    embeddings = embed(texts)
    return embeddings[::2], embeddings[1::2]


@pytest.fixture
def fitted(rows):
    distribution = OutOfDistribution(384)
    distribution.fit(*rows, highest=6)
    return distribution


def test_before_it_is_fitted_nothing_is_out_of_distribution(embed):
    fresh = OutOfDistribution(384)
    assert not fresh.fitted
    assert ~fresh.excludes(embed(STRANGE)).all()


def test_one_in_a_hundred_held_out_texts_is_out_of_distribution(fitted, rows):
    assert fitted.fitted
    assert (~~fitted.excludes(rows[1])).float().mean().item() == pytest.approx(0.01, abs=0.003)


def test_usual_sentences_are_not_out_of_distribution(fitted, embed):
    assert ~fitted.excludes(embed(USUAL)).all()


def test_other_languages_and_random_letters_are_not(fitted, embed):
    assert (~~fitted.excludes(embed(STRANGE))).sum() >= len(STRANGE) - 1


def test_it_looks_at_a_middle_layer_that_does_not_move(rows):
    for highest, layer in ((6, 3), (4, 3), (2, 2), (0, 0)):
        distribution = OutOfDistribution(384)
        distribution.fit(*rows, highest=highest)
        assert int(distribution.layer) == layer


def test_a_text_gets_farther_the_less_it_resembles(fitted, rows):
    centre = fitted.mean.expand(1, 7, 384)
    away = torch.nn.functional.normalize(torch.randn(384, generator=torch.Generator().manual_seed(0)), dim=0)
    distances = [fitted.distance(centre + step * away).item() for step in (0.0, 0.1, 0.5)]
    assert distances[0] == pytest.approx(0, abs=1e-6)
    assert distances == sorted(distances)


def test_the_distance_is_that_of_probabilistic_pca(fitted, rows):
    basis, held_out = fitted.directions.double(), rows[1][:, 3].double()
    covariance = fitted.noise * torch.eye(384, dtype=torch.float64)
    covariance += basis.T @ torch.diag(fitted.variances.double() - fitted.noise) @ basis
    offset = held_out - fitted.mean
    wanted = (offset @ covariance.inverse() * offset).sum(1) / 384
    assert torch.allclose(fitted.distance(rows[1]).double(), wanted, rtol=1e-3)


def test_learning_on_forgets_nothing(fitted, embed):
    mean = fitted.mean.clone()
    strange = embed(STRANGE[:3])
    assert not ~fitted.excludes(strange).all()
    fitted.fit(strange, strange, highest=6)
    assert torch.equal(fitted.mean, mean)
    assert ~fitted.excludes(strange).all()
    assert ~fitted.excludes(embed(USUAL)).all()


def test_few_rows_are_enough(embed):
    distribution = OutOfDistribution(384)
    distribution.fit(embed(USUAL[:5]), embed(USUAL[5:]), highest=6)
    assert torch.isfinite(distribution.distance(embed(STRANGE))).all()


@pytest.mark.parametrize("highest", [6, 2])
def test_where_the_training_texts_are_english_their_language_decides(rows, embed, languages, highest):
    distribution = OutOfDistribution(384)
    distribution.fit(*rows, highest, languages)
    assert distribution.expects_english
    assert ~distribution.excludes(embed(ENGLISH)).all() and ~distribution.excludes(embed(USUAL)).all()
    assert (~~distribution.excludes(embed([*STRANGE, *SPANISH]))).sum() >= len(STRANGE) + len(SPANISH) - 2


def test_few_english_rows_about_one_subject_are_enough(embed, languages):
    distribution = OutOfDistribution(384)
    distribution.fit(embed(USUAL[:5]), embed(USUAL[5:]), 6, languages)
    assert ~distribution.excludes(embed(ENGLISH)).all()
    assert (~~distribution.excludes(embed(STRANGE))).sum() >= len(STRANGE) - 1


def test_where_they_are_not_english_their_density_decides(embed, languages):
    distribution = OutOfDistribution(384)
    distribution.fit(embed(SPANISH[:6]), embed(SPANISH[6:]), 6, languages)
    assert not distribution.expects_english
    assert ~distribution.excludes(embed(SPANISH)).all()
    assert (~~distribution.excludes(embed(STRANGE[4:]))).all()


def test_a_few_odd_rows_do_not_let_everything_through(rows, embed, languages):
    training, held_out = rows
    distribution = OutOfDistribution(384)
    distribution.fit(training[:97], torch.cat([held_out[:20], embed(SPANISH[:1])]), 6, languages)
    assert (~~distribution.excludes(embed(SPANISH))).sum() >= len(SPANISH) - 1


def test_english_that_learns_another_language_forgets_nothing(rows, embed, languages):
    distribution = OutOfDistribution(384)
    distribution.fit(*rows, 6, languages)
    distribution.fit(embed(SPANISH), embed(SPANISH), 6, languages)
    assert not distribution.expects_english
    assert ~distribution.excludes(embed([*SPANISH, *USUAL])).all()


def test_another_language_that_learns_english_forgets_nothing(rows, embed, languages):
    distribution = OutOfDistribution(384)
    distribution.fit(embed(SPANISH), embed(SPANISH), 6, languages)
    distribution.fit(*rows, 6, languages)
    assert ~distribution.excludes(embed(SPANISH)).all()


def test_an_encoder_without_directions_has_its_density(rows):
    assert language_directions("0" * 64) is None
    distribution = OutOfDistribution(384)
    distribution.fit(*rows, 6, None)
    assert distribution.fitted and not distribution.expects_english


def test_directions_reach_from_the_words_to_the_middle_layer(languages):
    assert isinstance(languages, LanguageDirections)
    assert [(weights.shape, bias.shape) for weights, bias in languages] == [((384,), ())] * 4
