"""The Sample screen: pictures from noise."""
