import pytest

from appliance.host.settings import Settings, load


@pytest.fixture
def reading(tmp_path):
    def read(text: str) -> Settings:
        path = tmp_path / "taosanode.ini"
        path.write_text(text)
        return load(path)

    return read
