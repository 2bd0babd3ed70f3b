"""The networks that a study is given: trained here, pretrained or foreign."""
