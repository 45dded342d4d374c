"""The lake of the dataset tests."""

from tests.integration.datasets.conftest import lake as lake
