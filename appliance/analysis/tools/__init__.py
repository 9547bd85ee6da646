"""What a node computes besides analyses: requests and answers with a form of their own, one file each."""
