"""What `oscine.networks.export` needs of torch: networks that other runtimes can hold, and the files they go into."""
