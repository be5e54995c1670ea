// Before npm pack: what is installed from the tarball is what these sources say.
import { build, installPackages, requireNode } from './setup.mjs';

requireNode();
installPackages();
build();
